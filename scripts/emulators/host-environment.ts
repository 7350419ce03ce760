/** Names the file with the environment of the functions: it is written after the emulator was started. */
export const ENVIRONMENT_FILE = "PULSECART_ENVIRONMENT_FILE";
/** Names the file that tells the time. */
export const CLOCK_FILE = "PULSECART_CLOCK_FILE";
/** Where to tell how a message was handled. */
export const HANDLED_URL = "PULSECART_HANDLED_URL";

/** The region of everything in the emulator: it is part of every address. */
export const REGION = "us-central1";
