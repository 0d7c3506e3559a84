// Before anything is painted: the theme of the last visit, so that a dark room stays dark.
try {
  const theme = JSON.parse(localStorage.getItem("voicegw.choices") || "{}").theme;
  if (theme === "light" || theme === "dark") document.documentElement.setAttribute("data-theme", theme);
} catch {
  // Nothing is remembered here: the device's own theme it is.
}
