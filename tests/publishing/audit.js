// Go through all slides with everything on them shown, and list what a room would complain about.
() => {
  const complaints = [], scale = Reveal.getScale();
  document.querySelectorAll("section.page").forEach((page, number) => {
    const complain = text => complaints.push(`slide ${number + 1} (${page.innerText.slice(0, 30)}): ${text}`);
    const place = Reveal.getIndices(page);
    Reveal.slide(place.h, place.v);
    while (Reveal.availableFragments().next) Reveal.nextFragment();
    const edge = page.getBoundingClientRect(), inside = [...page.querySelectorAll("*")].filter(one => !one.closest("aside"));
    for (const one of inside) {
      const box = one.getBoundingClientRect();
      if (!box.width && !box.height) continue;
      const right = Math.min(edge.right, innerWidth), bottom = Math.min(edge.bottom, innerHeight);
      if (box.right > right + 1 || box.bottom > bottom + 1 || box.left < -1 || box.top < -1) {
        complain(`${one.localName} does not fit: ${Math.round(box.right)} ${Math.round(box.bottom)}`);
        break;
      }
      if (one.scrollWidth > one.clientWidth + 1 && one.clientWidth && getComputedStyle(one).overflowX !== "visible")
        complain(`${one.localName}.${one.className} hides what it holds`);
      if (one.scrollHeight > one.clientHeight + 4 && one.clientHeight && getComputedStyle(one).overflowY !== "visible")
        complain(`${one.localName}.${one.className} hides ${one.scrollHeight - one.clientHeight} pixels below`);
    }
    for (const code of page.querySelectorAll(".code pre, .highlight pre")) {
      const lines = code.textContent.replace(/\n$/, "").split("\n").length, style = getComputedStyle(code);
      const height = code.clientHeight - parseFloat(style.paddingTop) - parseFloat(style.paddingBottom);
      const longest = Math.max(...code.textContent.split("\n").map(line => line.length)); // up to 106 characters fit
      if (longest <= 106 && height > (lines + 0.5) * parseFloat(style.lineHeight)) complain("a line of code is broken");
      if (code.scrollWidth > code.clientWidth + 1) complain("a line of code is cut");
    }
    for (const one of inside) {
      const words = [...one.childNodes].some(node => node.nodeType === 3 && node.data.trim());
      const size = parseFloat(getComputedStyle(one).fontSize) * scale * 1280 / innerWidth;
      const least = one.closest("pre, math") ? 18 : 20; // code and the scripts of formulas may be smaller than text
      if (words && !one.closest("annotation, iframe, style") && size < least - 0.01) complain(`${one.localName} has ${size} pixels`);
    }
    const blocks = [...page.querySelectorAll(".block")];
    const asked = blocks.findIndex(block => block.querySelector(".predict"));
    if (asked >= 0 && asked < blocks.length - 1) complain("more follows a question");
    if (!blocks.length && !page.querySelector("h1")) complain("it is empty");
  });
  return complaints;
}
