/** The variable with the file of the functions' environment. The file is written after the emulator's start. */
export const ENVIRONMENT_FILE = "PULSECART_ENVIRONMENT_FILE";
/** The variable with the file of the shared clock. */
export const CLOCK_FILE = "PULSECART_CLOCK_FILE";
/** The variable with the address that receives the results of functions. */
export const HANDLED_URL = "PULSECART_HANDLED_URL";

/** The region of all functions in the emulator, a part of every address. */
export const REGION = "us-central1";
