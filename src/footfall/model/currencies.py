"""Signs, words and codes of currencies (counting.md, "Reading price and amount"; ISO 4217)."""

from collections.abc import Mapping
from typing import Final

SIGNS: Final[Mapping[str, str]] = {
    "₽": "RUB",
    "€": "EUR",
    "$": "USD",
    "£": "GBP",
    "₸": "KZT",
    "₴": "UAH",
    "₺": "TRY",
    "¥": "JPY",
    "₾": "GEL",
    "֏": "AMD",
    "₼": "AZN",
}
"""What a sign means, wherever it stands in the text of a price."""

_CODES: Final = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW
    CLF CLP CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL
    HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA
    MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD
    RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD
    USN UYI UYU UYW UZS VED VES VND VUV WST XAD XAF XAG XAU XBA XBB XBC XBD XCD XCG XDR XOF XPD XPF XPT XSU XTS XUA XXX
    YER ZAR ZMW ZWG
    ANG BGN BYR CUC HRK LTL LVL EEK MRO SLL STD TMM VEF ZWL
"""
"""ISO 4217, list one of January 2026; the last line: withdrawn since 2009, for imported history."""

_WORDS: Final = {
    "RUB": "руб рубль рубля рублей р rur",
    "EUR": "евро",
    "USD": "долл",
    "KZT": "тг тенге",
    "BYN": "br",
    "UAH": "грн",
    "PLN": "zł",
    "TRY": "tl",
    "UZS": "сум",
    "KGS": "сом",
}

WORDS: Final[Mapping[str, str]] = {
    **{code.lower(): code for code in _CODES.split()},
    **{word: code for code, words in _WORDS.items() for word in words.split()},
}
"""What a whole word means, in lower case: the words of counting.md's table and the codes of ISO 4217."""
