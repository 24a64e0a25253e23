// Makes passwords that people can read to one another.

/** 32 letters and digits, none of which looks like another: five random bits each. */
const letters = "abcdefghijkmnpqrstuvwxyz23456789";
const groups = 4;
const inGroup = 4;

/** A password of 80 random bits. */
export function makePassword() {
  const random = crypto.getRandomValues(new Uint8Array(groups * inGroup));
  const text = [...random].map((byte) => letters[byte % letters.length]).join("");
  return text.match(/.{4}/g).join("-");
}
