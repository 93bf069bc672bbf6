/* Tell require.js where the widget scripts lie: beside this file, whichever page loads it. */
(function () {
  const here = new URL("./", document.currentScript.src).href;
  window.require.config({
    paths: {
      anywidget: here + "anywidget",
      // named modules inside embed-amd.js; their path only decides where they seek their fonts
      "@jupyter-widgets/html-manager": here + "html-manager",
      "@jupyter-widgets/html-manager/dist/libembed-amd": here + "libembed-amd",
    },
  });
})();
