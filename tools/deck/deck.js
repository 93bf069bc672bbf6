// Start the deck, and see to it that nothing stands outside a slide.
(function () {
  "use strict";
  const wide = window.innerWidth / window.innerHeight > 1.5;
  const [width, height] = wide ? [1280, 720] : [1024, 768];
  document.documentElement.classList.add(wide ? "deck-wide" : "deck-square");

  window.MathJax = {
    tex: {
      inlineMath: [["$", "$"], ["\\(", "\\)"]],
      displayMath: [["$$", "$$"], ["\\[", "\\]"]],
      processEscapes: true,
    },
    startup: {
      pageReady: () => window.MathJax.startup.defaultPageReady().then(fitAll),
    },
  };

  const leaves = () => [...document.querySelectorAll(".slides section")]
    .filter((section) => !section.querySelector("section"));
  // what reaches into the margin below, where the number and the arrows stand, is too high
  const tooHigh = (section) => {
    const shown = [...section.children].filter((child) => !child.matches(".notes"));
    const end = Math.max(0, ...shown.map((child) => child.offsetTop + child.offsetHeight));
    const room = section.clientHeight - parseFloat(getComputedStyle(section).paddingBottom);
    return Math.max(end - room, section.scrollHeight - section.clientHeight);
  };
  const tooWide = (section) => section.scrollWidth - section.clientWidth;

  // Pictures give way first, then instruments, then the size of the letters.
  function fit(section) {
    if (section.clientHeight === 0) return;
    const pictures = [...section.querySelectorAll("img")];
    const instruments = [...section.querySelectorAll(".jupyter-widgets.jp-OutputArea-output")];
    section.style.fontSize = "";
    pictures.forEach((picture) => { picture.style.maxHeight = ""; });
    instruments.forEach((instrument) => { instrument.style.zoom = ""; });
    if (tooHigh(section) > 1 && pictures.length) {
      const share = tooHigh(section) / pictures.length;
      const least = (0.42 * height) / pictures.length;
      pictures.forEach((picture) => {
        picture.style.maxHeight = Math.max(picture.offsetHeight - share - 2, least) + "px";
      });
    }
    instruments.forEach((instrument) => { instrument.style.zoom = 1.5; }); // as large as it goes
    for (let zoom = 1.45; zoom > 0.44 && instruments.length && over(section); zoom -= 0.05) {
      instruments.forEach((instrument) => { instrument.style.zoom = zoom; });
    }
    for (let size = 95; size >= 55 && over(section); size -= 5) {
      section.style.fontSize = size + "%";
    }
    section.querySelectorAll('mjx-container[display="true"]').forEach((formula) => {
      formula.style.fontSize = "";
      for (let size = 95; size >= 50 && formula.scrollWidth > formula.clientWidth + 1; size -= 5) {
        formula.style.fontSize = size + "%";
      }
    });
  }
  const over = (section) => tooHigh(section) > 1 || tooWide(section) > 1;

  function fitAll() {
    leaves().forEach(fit);
  }
  window.fitDeck = fitAll;
  window.deckOverflows = () => leaves()
    .filter((section) => section.clientHeight && over(section))
    .map((section) => section.innerText.slice(0, 60));

  const inInstrument = () => document.activeElement?.closest(".jupyter-widgets");
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && inInstrument()) {
      document.activeElement.blur();
      event.stopImmediatePropagation();
    }
  }, true);

  window.Reveal.initialize({
    width,
    height,
    margin: 0,
    center: false,
    display: "flex",
    hash: true,
    slideNumber: "c/t",
    transition: "none",
    viewDistance: 1000,
    mobileViewDistance: 1000,
    pdfSeparateFragments: false,
    pdfMaxPagesPerSlide: 1,
    keyboardCondition: () => !inInstrument(), // its keys are its own; Escape gives them back
    plugins: [window.RevealNotes],
  }).then(fitAll);
  document.querySelectorAll(".jupyter-widgets").forEach((widget) => {
    widget.setAttribute("data-prevent-swipe", "");
  });
  window.addEventListener("load", () => {
    [300, 1500, 4000].forEach((wait) => setTimeout(fitAll, wait));
  });
  window.addEventListener("resize", fitAll);
  window.Reveal.on("slidechanged", (event) => fit(event.currentSlide));
})();
