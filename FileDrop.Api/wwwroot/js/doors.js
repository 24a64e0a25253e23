// The two views in front of the files: the service asks for a key, or does not answer.

import { api } from "./api.js";
import { connection } from "./connection.js";
import { el, icon } from "./dom.js";
import { session } from "./session.js";
import { t } from "./texts.js";

/** `enter()` tries the key; true if the service accepts it. */
export function signInView(enter) {
  const key = el("input", { type: "password", id: "key", required: true, autocomplete: "current-password", spellcheck: "false" });
  const stay = el("input", { type: "checkbox", id: "keep" });
  const wrong = el("p", { class: "wrong", role: "alert", id: "wrong" });
  const button = el("button", { class: "primary", text: t.signIn });
  const form = el(
    "form",
    {
      class: "door",
      "aria-labelledby": "door",
      on: {
        submit: async (event) => {
          event.preventDefault();
          button.disabled = true;
          wrong.textContent = "";
          session.signIn(key.value.trim(), stay.checked);
          const isOpen = await enter();
          button.disabled = false;
          if (isOpen) return;
          wrong.textContent = t.badKey;
          key.setAttribute("aria-invalid", "true");
          key.setAttribute("aria-describedby", "wrong");
          key.select();
        },
      },
    },
    icon("key"),
    el("h1", { id: "door", text: t.signIn }),
    el("p", { text: t.signInText }),
    el("label", { for: "key", text: t.key }),
    key,
    wrong,
    el("label", { class: "choice" }, stay, el("span", { text: t.keep })),
    button,
  );
  return { element: el("main", { class: "front", id: "main" }, form), focus: () => key.focus() };
}

/** Shows the problem, in words. */
export function downView(again) {
  const why = el("p", { role: "alert" });
  const element = el(
    "main",
    { class: "front", id: "main" },
    el(
      "div",
      { class: "door" },
      icon("cloudOff"),
      el("h1", { text: t.downTitle }),
      why,
      el("p", { class: "note", text: t.retryingSoon }),
      el("button", { type: "button", class: "primary", text: t.tryNow, on: { click: again } }),
    ),
  );
  return {
    element,
    draw: async () => {
      why.textContent = await explain();
    },
  };
}

async function explain() {
  const { problem } = connection;
  if (problem === null || problem.isUnreachable) return t.unreachable;
  try {
    await api.health();
  } catch (unwell) {
    const parts = Object.entries(unwell.checks ?? {})
      .filter(([, state]) => state !== "healthy")
      .map(([part]) => t.parts[part] ?? part);
    if (parts.length > 0) return t.unwell(parts.join(", "));
  }
  return problem.message;
}
