// Start the deck, and see to it that nothing stands outside a slide.
(function () {
  "use strict";
  const paper = /print-pdf/.test(window.location.search);
  let height = 720;

  // The slide is as large as the window, and the letters grow with it: nothing is scaled by the
  // browser, so that a pointer on an instrument is where the instrument believes it is.
  function measure() {
    const [w, h] = [window.innerWidth, window.innerHeight];
    const wide = w / h > 1.5;
    const [plannedWidth, plannedHeight, letter] = wide ? [1280, 720, 28] : [1024, 768, 26];
    const scale = paper ? 1 : Math.min(w / plannedWidth, h / plannedHeight);
    const reveal = document.querySelector(".reveal");
    height = paper ? plannedHeight : h;
    reveal.style.fontSize = Math.max(10, letter * scale) + "px";
    reveal.style.setProperty("--deck-height", height + "px");
    return { width: paper ? plannedWidth : w, height };
  }

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

  // an instrument may hold sections of its own: they are no slides
  const leaves = () => [
    ...document.querySelectorAll(".slides > section > section, .pdf-page > section"),
  ];
  // what reaches into the margin below, where the number and the arrows stand, is too high
  const tooHigh = (section) => {
    const shown = [...section.children].filter((child) => !child.matches(".notes"));
    const end = Math.max(0, ...shown.map((child) => child.offsetTop + child.offsetHeight));
    const room = section.clientHeight - parseFloat(getComputedStyle(section).paddingBottom);
    return Math.max(end - room, section.scrollHeight - section.clientHeight);
  };
  const tooWide = (section) => section.scrollWidth - section.clientWidth;

  // Pictures give way first, then the size of the letters, then instruments.
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
    for (let size = 95; size >= 70 && over(section); size -= 5) {
      section.style.fontSize = size + "%";
    }
    for (let zoom = 0.95; zoom > 0.44 && instruments.length && over(section); zoom -= 0.05) {
      instruments.forEach((instrument) => { instrument.style.zoom = zoom; });
    }
    for (let size = 65; size >= 50 && over(section); size -= 5) {
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
    ...measure(),
    minScale: 1,
    maxScale: 1,
    margin: 0,
    center: false,
    display: "flex",
    hash: true,
    slideNumber: (slide) => {
      const all = leaves();
      return [all.indexOf(slide || window.Reveal.getCurrentSlide()) + 1, "/", all.length];
    },
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
  // instruments arrive when the page has loaded, and grow as they draw
  window.addEventListener("load", () => {
    const watching = setInterval(() => leaves().filter(over).forEach(fit), 250);
    setTimeout(() => clearInterval(watching), 15000);
  });
  window.addEventListener("resize", () => {
    if (paper) return;
    window.Reveal.configure(measure());
    fitAll();
  });
  window.Reveal.on("slidechanged", (event) => fit(event.currentSlide));
})();
