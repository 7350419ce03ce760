/** An amount in the currency's main unit: 15 digits, which a double carries unharmed in any currency. */
export const MAX_MONEY = 999_999_999_999_999;
