// A long press with a finger, which on a touch screen acts like a click with Ctrl.

/** How long a finger must rest for a long press, in milliseconds, and how far it may move, in pixels. */
const rest = 500;
const wobble = 10;

export class Press {
  #timer = 0;
  #from = null;
  #wasLong = false;

  /** Calls `run(row)` for each long press on a row in `place`. */
  constructor(place, run) {
    place.addEventListener("pointerdown", (event) => {
      this.#stop();
      this.#wasLong = false;
      const row = event.target.closest(".row");
      if (event.pointerType !== "touch" || !event.isPrimary || !row) return;
      this.#from = event;
      this.#timer = setTimeout(() => {
        this.#wasLong = true;
        run(row);
      }, rest);
    });
    place.addEventListener("pointermove", (event) => {
      const from = this.#from;
      if (from && Math.hypot(event.clientX - from.clientX, event.clientY - from.clientY) > wobble) this.#stop();
    });
    for (const type of ["pointerup", "pointercancel"]) place.addEventListener(type, () => this.#stop());
    // A long press on a link would bring up the browser's menu, and lifting the finger would open the file.
    place.addEventListener("contextmenu", (event) => (this.#from || this.#wasLong) && event.preventDefault());
    place.addEventListener(
      "click",
      (event) => {
        if (!this.#wasLong) return;
        this.#wasLong = false;
        event.preventDefault();
        event.stopImmediatePropagation();
      },
      { capture: true },
    );
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#from = null;
  }
}
