// The mark at a shared file or folder in a list.

import { t } from "../texts.js";
import { known } from "./known.js";

/** The words of an entry's mark; "" without one. Only links that work count. */
export function markOf(id) {
  const now = Date.now();
  const shares = known.of(id).filter((share) => share.state === "active" && !(new Date(share.expires_at ?? Infinity) <= now));
  if (shares.length === 0) return "";
  return shares.every((share) => share.mode === "upload") ? t.sharing.badgeDrop : t.sharing.badge(shares.length);
}
