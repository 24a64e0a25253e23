// The words of the texts that depend on numbers.

const plural = new Intl.PluralRules("en");

export const number = new Intl.NumberFormat("en");

export const count = (n, one, other) => `${number.format(n)} ${plural.select(n) === "one" ? one : other}`;

export const files = (n) => count(n, "file", "files");

export const folders = (n) => count(n, "folder", "folders");

/** `isMixed`: there are folders among them. */
export const things = (n, isMixed) => (isMixed ? count(n, "item", "items") : files(n));

/** A sentence about one thing by its name, or about many by their number. */
export const about = (n, name, isMixed, is, are) => (n === 1 ? `“${name}” ${is}` : `${things(n, isMixed)} ${are}`);
