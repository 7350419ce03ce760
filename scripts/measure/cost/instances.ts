/** The requests to one function. */
export interface Demand {
  /** Requests per second. */
  perSecond: number;
  /** Duration of one request, in seconds. */
  seconds: number;
  /** Processor time of one request, in seconds. */
  cpuSeconds: number;
  /** Max requests that one instance answers at once. */
  concurrency: number;
}

/** The instances of one function. */
export interface InstancesNeeded {
  /** Instances that exist while requests come. */
  instances: number;
  /** Billed instance seconds per second. */
  active: number;
}

/** Processor load above which Cloud Run starts another instance: https://cloud.google.com/run/docs/about-instance-autoscaling */
const CPU_TARGET = 0.6;

/**
 * Computes the instances that requests need, and their billed time.
 * Google bills an instance while it answers at least one request. Requests come independently of each other. With a
 * mean of m at once, an instance answers none for e^-m of the time.
 */
export function instancesFor({ perSecond, seconds, cpuSeconds, concurrency }: Demand): InstancesNeeded {
  const forCpu = (perSecond * cpuSeconds) / CPU_TARGET;
  const forSlots = (perSecond * seconds) / concurrency;
  const instances = Math.max(1, forCpu, forSlots);
  const atOnce = (perSecond * seconds) / instances;
  return { instances, active: instances * (1 - Math.exp(-atOnce)) };
}
