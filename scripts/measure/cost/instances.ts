/** What is asked of one function. */
export interface Demand {
  /** Requests that come in a second. */
  perSecond: number;
  /** How long one is being answered. */
  seconds: number;
  /** Of these, how long a processor works on it. */
  cpuSeconds: number;
  /** How many one instance answers at once. */
  concurrency: number;
}

export interface InstancesNeeded {
  /** How many there are while any is needed. */
  instances: number;
  /** Seconds of instances that are billed in a second. */
  active: number;
}

/** Cloud Run starts another instance above this: https://cloud.google.com/run/docs/about-instance-autoscaling */
const CPU_TARGET = 0.6;

/**
 * How many instances that takes, and how much of them is billed: an instance is while it answers anything, however many
 * requests it answers meanwhile. Requests come independently of each other, so that with a mean of m at once an
 * instance answers none for e^-m of the time.
 */
export function instancesFor({ perSecond, seconds, cpuSeconds, concurrency }: Demand): InstancesNeeded {
  const forCpu = (perSecond * cpuSeconds) / CPU_TARGET;
  const forSlots = (perSecond * seconds) / concurrency;
  const instances = Math.max(1, forCpu, forSlots);
  const atOnce = (perSecond * seconds) / instances;
  return { instances, active: instances * (1 - Math.exp(-atOnce)) };
}
