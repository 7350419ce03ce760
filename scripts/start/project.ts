/** The project of the local cloud. Google's tools treat a project named demo-… as one that does not exist. */
export const PROJECT = "demo-pulsecart";
