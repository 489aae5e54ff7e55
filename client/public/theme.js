// Before the first paint, so that a chosen theme does not flash the other one.
// A file of its own because the page's policy forbids inline scripts.
;(() => {
  try {
    const theme = localStorage.getItem('quorate-theme')
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
  } catch {
    // Storage is blocked: the system's theme it is.
  }
})()
