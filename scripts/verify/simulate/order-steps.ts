import type { Step } from "./step.ts";
import type { Body, StepPlan } from "./step-plan.ts";

/** Age of a shopper's first report, more than a shopper has steps. */
const LONGEST_AGE_MS = 500;

/** The last order of a shopper. */
interface PlacedOrder {
  /** The step that places the order at our checkout; undefined when another system placed it. */
  step: string | undefined;
  id: string;
  total: number;
}

/** Payments, refunds, dispatches and cancellations of a shopper's last order, at our checkout or as reports of other systems. */
export class OrderSteps {
  readonly #plan: StepPlan;
  #order: PlacedOrder | undefined;

  constructor(plan: StepPlan) {
    this.#plan = plan;
  }

  /** Takes over an order that a step places at our checkout. */
  placedByUs(step: Step): void {
    this.#order = { step: step.name, id: "{order}", total: 10 };
  }

  /**
   * Takes over an order that another system places.
   * @returns the order's id
   */
  placedOutside(total: number): string {
    const id = this.#plan.nextId("ord");
    this.#order = { step: undefined, id, total };
    return id;
  }

  /** Asks our checkout to cancel; does nothing for an order of another system. */
  cancel(): void {
    if (!this.#isOurs()) return;
    this.#command("cancel", { reason: "changed my mind" }, expectedCancellation(this.#stepsOfOrder()));
  }

  /** Reports a cancellation from another system. */
  cancelOutside(user: string): void {
    this.#report(user, "order.cancelled", { reason: "not delivered" });
  }

  /** Pays what is due, or a part of the total. */
  paid(user: string, part?: number): void {
    const payment_id = this.#plan.nextId("pay");
    const amount = part === undefined ? undefined : this.#partOf(part);
    if (this.#isOurs())
      this.#attempt({ status: "paid", payment_id, ...(amount === undefined ? {} : { amount }) });
    else this.#report(user, "order.paid", { amount: amount ?? this.#order?.total ?? 10, payment_id });
  }

  /** Pays in two parts: a gift card and a card. */
  paidInParts(user: string): void {
    this.paid(user, 0.4);
    this.paid(user, this.#isOurs() ? undefined : 0.6);
  }

  paymentFailed(user: string): void {
    const error = "insufficient funds";
    if (this.#isOurs()) this.#attempt({ status: "failed", error });
    else this.#report(user, "payment.failed", { error, attempt_id: this.#plan.nextId("att") });
  }

  /** Returns a part of the money, or all of it together with the goods. */
  refund(user: string, isFull: boolean): void {
    const refund_id = this.#plan.nextId("ref");
    if (this.#isOurs()) {
      this.#command("refunds", { refund_id, amount: isFull ? undefined : 0.5 }, "either");
    } else {
      const amount = isFull ? (this.#order?.total ?? 10) : 0.5;
      this.#report(user, "refund.issued", { refund_id, amount });
    }
  }

  /** Sends the parcel: our own command, or a report of another system. A stopped order refuses the command. */
  dispatch(user: string): void {
    const tracking = { carrier: "DHL", tracking_number: this.#plan.nextId("track") };
    const isOpen = this.#stepsOfOrder().every(isPlainPayment);
    if (this.#isOurs()) this.#command("dispatch", tracking, isOpen ? undefined : "either");
    else this.#report(user, "order.dispatched", tracking);
  }

  #partOf(part: number): number {
    return Math.round((this.#order?.total ?? 10) * part * 100) / 100;
  }

  #isOurs(): boolean {
    return this.#order?.step !== undefined;
  }

  #stepsOfOrder(): Step[] {
    return this.#plan.planned.map(({ step }) => step).filter(({ about }) => about === this.#order?.step);
  }

  #command(action: string, body: Body, expect: Step["expect"]): void {
    const about = this.#order?.step;
    if (about !== undefined) this.#plan.command({ path: `/orders/{order}/${action}`, about, body, expect });
  }

  /** Adds a payment attempt. A success is recorded in every state; a failure needs an open order. */
  #attempt(body: Body): void {
    const attempt_id = this.#plan.nextId("att");
    const isOpen = body["status"] === "paid" || !this.#stepsOfOrder().some(isFailedAttempt);
    this.#command("payments", { attempt_id, ...body }, isOpen ? undefined : "either");
  }

  /** Reports an event of another system. Its clock is right, but for less than a second. */
  #report(user: string, type: string, payload: Body): void {
    const { step: about, id } = this.#order ?? { step: undefined, id: `ord_${this.#plan.id}_none` };
    // The clock of a test may stand still. A later report of a shopper is younger all the same.
    const ageMs = Math.max(0, LONGEST_AGE_MS - this.#plan.planned.length);
    this.#plan.event({ event_type: type, user_id: user, order_id: id, payload }, { ageMs, about });
  }
}

/** A failed payment, a full refund or a dispatch may have closed the order before the cancellation. */
function expectedCancellation(before: readonly Step[]): Step["expect"] {
  if (before.some(({ path }) => path.endsWith("/cancel"))) return "refused";
  return before.every(isPlainPayment) ? undefined : "either";
}

function isPlainPayment(step: Step): boolean {
  return step.path.endsWith("/payments") && !isFailedAttempt(step);
}

function isFailedAttempt({ body }: Step): boolean {
  return body["status"] === "failed";
}
