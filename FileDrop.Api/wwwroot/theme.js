// Runs before the first paint, so that a dark page does not flash light first.
(() => {
  try {
    const theme = localStorage.getItem("filedrop.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // The browser has no storage: the device decides.
  }
})();
