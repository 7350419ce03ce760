import type { ServedService } from "../grpc/server.ts";
import { serve } from "../grpc/server.ts";
import type { HttpSender } from "../http/http-post.ts";
import { createHttpSender } from "../http/http-post.ts";
import type { IdleSignal } from "../idle-signal.ts";
import { createIdleSignal } from "../idle-signal.ts";

/** A running service that delivers over HTTP: Pub/Sub, Cloud Tasks or Cloud Scheduler. */
export interface DeliveringService {
  /** 127.0.0.1 and the port. */
  readonly host: string;
  /** Tells whether nothing is in flight and nothing is due. Work that waits for its time does not count. */
  idle(): boolean;
  /** Resolves when the service is idle. */
  settle(): Promise<void>;
  /** Ends streams, requests in flight and timers. */
  close(): void;
}

/** A subscription, a queue or a job. */
export interface DeliveringResource {
  idle(): boolean;
  close(): void;
}

/**
 * The parts that every delivering service has: an HTTP client, an idle signal and a gRPC server. The service passes
 * `sender` and `onChange` to its resources, then calls `serve`.
 */
export class DeliveryHost {
  readonly sender: HttpSender = createHttpSender();
  /** Called by a resource when one of its deliveries has ended. */
  readonly onChange: () => void;
  readonly #resources: () => Iterable<DeliveringResource>;
  readonly #signal: IdleSignal;

  constructor(resources: () => Iterable<DeliveringResource>) {
    this.#resources = resources;
    this.#signal = createIdleSignal(() => this.#isIdle());
    this.onChange = this.#signal.changed;
  }

  /**
   * Starts the gRPC server.
   * @param port 0 takes any free port
   * @throws NodeJS.ErrnoException EADDRINUSE when the port is in use
   */
  async serve(services: readonly ServedService[], port: number): Promise<DeliveringService> {
    const server = await serve(services, { port });
    return {
      host: server.host,
      idle: () => this.#isIdle(),
      settle: this.#signal.settle,
      close: () => {
        server.close();
        for (const resource of this.#resources()) resource.close();
        this.sender.close();
        this.#signal.close();
      },
    };
  }

  #isIdle(): boolean {
    return [...this.#resources()].every(resource => resource.idle());
  }
}
