// What texts in every language share: numbers, emoji, e-mail addresses.
#include "seed/grammar.h"

const struct rule_source GRAMMAR_COMMON[] = {
    RULE("digit", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9"),
    RULE("few", "2", "3", "4", "5", "6", "7", "8", "9", "10", "12"),
    RULE("price", "{few}9.{digit}9", "{few}{digit}.{digit}0", "{few}{digit}", "1{digit}{digit}"),
    RULE("emoji", "👍", "😊", "😍", "🙏", "❤️", "🔥", "😀", "👌", "⭐⭐⭐⭐⭐", "🎉", "😂", "💯", "🥰", "👏", "😎", "🙌", "✨", "💪",
        "👍🏽", "🤩"),
    RULE("sad_emoji", "👎", "😡", "😞", "😠", "🤦‍♀️", "💔", "😒", "🙄"),
    RULE("handle", "sam", "alex", "kim", "robin", "maria", "anna", "chris", "pat", "jo", "lee", "max", "nina", "lena",
        "tom", "eva", "luca", "mia", "noah", "sara", "ben", "emma", "paul", "lisa", "david", "julia", "marco", "elena",
        "hana", "yuki", "omar", "layla", "ines", "hugo", "clara", "oscar", "vera", "igor", "nora", "felix", "greta",
        "runner", "bookworm", "gardener", "traveller", "nightowl", "coffee", "bluebird", "mountain", "river", "happy",
        "shopper", "cyclist", "teacher", "cook", "catlover", "doglover", "stargazer", "oldtimer", "northwind", "maple"),
    RULE("mail_digits", "", "{digit}", "{digit}{digit}", "19{digit}{digit}", "{digit}{digit}{digit}",
        "{digit}{digit}{digit}{digit}", "20{digit}{digit}"),
    RULE("email", "{handle}.{handle}{mail_digits}@example.com", "{handle}{mail_digits}@example.com",
        "{handle}_{handle}{mail_digits}@example.org", "{handle}{handle}{mail_digits}@example.net",
        "{handle}-{handle}@example.org", "{handle}{mail_digits}{digit}{digit}@example.com"),
    RULE("nickname", "{handle}{mail_digits}", "{handle}_{handle}", "{handle}{digit}{digit}"),
    RULES_END,
};
