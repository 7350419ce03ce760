/**
 * The currencies of ISO 4217 in use, by the number of their decimals ("minor unit"). Withdrawn codes such as BGN are
 * absent. Codes without a minor unit are absent as well: metals (XAU), test codes (XTS), no currency (XXX).
 * Source: ISO 4217 list one, published 2026-09-17 by SIX, the maintenance agency; 165 codes with a minor unit.
 */
const CODES_BY_DIGITS = {
  0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
  2:
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW " +
    "CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF " +
    "IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK " +
    "MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP " +
    "SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG " +
    "YER ZAR ZMW ZWG",
  3: "BHD IQD JOD KWD LYD OMR TND",
  4: "CLF UYW",
} as const;

const DIGITS: ReadonlyMap<string, number> = new Map(
  Object.entries(CODES_BY_DIGITS).flatMap(([digits, codes]) =>
    codes.split(" ").map(code => [code, Number(digits)] as const),
  ),
);

/** Decimals of a code that has left the list since a document was stored. Most currencies have two. */
const DEFAULT_DIGITS = 2;

/** The expectation that a fault of a currency states. */
export const CURRENCY_WORDS = "an ISO 4217 currency code such as EUR";

/** Tells whether a text is the code of an ISO 4217 currency in use. */
export function isCurrency(code: string): boolean {
  return DIGITS.has(code);
}

/**
 * Looks up the decimals of an ISO 4217 currency.
 * @returns the number of decimals; 2 for a code that is not listed
 */
export function minorDigits(currency: string): number {
  return DIGITS.get(currency) ?? DEFAULT_DIGITS;
}
