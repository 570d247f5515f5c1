// The texts in the reader's language, and how that language writes numbers and dates.

const FILES = {
  en: "./messages/en.json",
  de: "./messages/de.json",
  ar: "./messages/ar.json",
  ja: "./messages/ja.json",
};

const loaded = new Map();

// Where the message file of the language is: that of its base language ("de-AT": "de"), or the English one.
export function messagesOf(locale) {
  const base = locale.toLowerCase().split("-")[0];
  return FILES[base] ? base : "en";
}

// How numbers and dates are written: as in the reader's country, where the browser tells it ("en": "en-GB").
function localeFor(locale, language) {
  const isOf = (tag) => tag.toLowerCase().split("-")[0] === language;
  const wanted = [locale.includes("-") ? locale : "", ...navigator.languages, locale].find((tag) => tag && isOf(tag));
  return wanted && Intl.NumberFormat.supportedLocalesOf([wanted]).length > 0 ? wanted : language;
}

async function load(language, base) {
  const response = await fetch(new URL(FILES[language], base));
  if (!response.ok) throw new Error(`no messages for ${language}`);
  return response.json();
}

export class Texts {
  // `locale` as in lang attributes; `base`: the address that the message files are beside.
  static async of(locale, base) {
    const language = messagesOf(locale);
    if (!loaded.has(language)) {
      loaded.set(language, load(language, base));
      loaded.get(language).catch(() => loaded.delete(language));
    }
    const messages = await loaded.get(language);
    return new Texts(localeFor(locale, language), language, messages);
  }

  constructor(locale, language, messages) {
    Object.assign(this, { locale, language, messages });
    this.direction = messages.direction;
    this.plurals = new Intl.PluralRules(locale);
    this.numbers = new Intl.NumberFormat(locale);
    this.dates = new Intl.DateTimeFormat(locale, { dateStyle: "long" });
  }

  // The text with its {placeholders} filled. A text with plural forms takes the one for `n`. Numbers are written as the
  // language does.
  t(key, values = {}) {
    let text = key.split(".").reduce((part, name) => part[name], this.messages);
    if (typeof text === "object") text = text[this.plurals.select(values.n)] ?? text.other;
    return text.replace(/\{(\w+)\}/g, (_, name) =>
      typeof values[name] === "number" ? this.numbers.format(values[name]) : values[name]);
  }

  date(text) {
    return this.dates.format(new Date(text));
  }

  decimal(number) {
    return new Intl.NumberFormat(this.locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(number);
  }

  percent(share) {
    return new Intl.NumberFormat(this.locale, { style: "percent" }).format(share);
  }

  list(items) {
    return new Intl.ListFormat(this.locale).format(items);
  }
}
