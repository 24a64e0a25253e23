// Runs before the first paint, so that no light page flashes up in the dark.
(() => {
  try {
    const theme = localStorage.getItem("filedrop.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // A browser that keeps nothing: the device decides.
  }
})();
