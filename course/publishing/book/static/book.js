// Explorers are pages of their own, and take their colours from the system. Where the reader has chosen another theme
// for the book, they are opened again in that one.
const system = matchMedia("(prefers-color-scheme: dark)");

function follow() {
  const theme = document.documentElement.dataset.theme;
  const scheme = theme === (system.matches ? "dark" : "light") ? "light dark" : theme;
  for (const frame of document.querySelectorAll("iframe[srcdoc]")) {
    const page = frame.srcdoc.replace(/color-scheme: [a-z ]+;/, `color-scheme: ${scheme};`);
    if (page !== frame.srcdoc) frame.srcdoc = page;
  }
}

new MutationObserver(follow).observe(document.documentElement, { attributeFilter: ["data-theme"] });
system.addEventListener("change", follow);
follow();

// A keyboard stops at a formula only where there is something to scroll.
function reach() {
  for (const formula of document.querySelectorAll(".formula")) {
    if (formula.scrollWidth > formula.clientWidth) formula.tabIndex = 0;
    else formula.removeAttribute("tabindex");
  }
}

addEventListener("resize", reach);
document.fonts.ready.then(reach);
