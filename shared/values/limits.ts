/** The largest amount of money that an event or command may name: 15 digits, which a double holds exactly. */
export const MAX_MONEY = 999_999_999_999_999;
