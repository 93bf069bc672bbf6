// Video player: a real <video> with subtitles, from bytes that the page holds. Used after core.js.

/** Letters that mean themselves in a cue. */
const plain = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

function render({ model, el }) {
  const { root, help } = makeInstrument(model, el, "video-player");
  const address = URL.createObjectURL(new Blob([bytesOf(model.get("data"))], { type: "video/webm" }));
  const video = make("video", {
    class: "aigc-video", controls: "", playsinline: "", preload: "auto", "aria-label": model.get("alt"), src: address,
  });
  Object.entries(model.get("subtitles")).forEach(([language, cues], k) => {
    const track = video.addTextTrack("subtitles", language, language);
    for (const [start, end, text] of cues) track.addCue(new VTTCue(start, end, plain(text)));
    track.mode = k ? "disabled" : "showing";
  });
  help.textContent = `The film's own buttons play it${video.textTracks.length ? " and choose its subtitles" : ""}.`;
  video.addEventListener("error", () => {
    help.textContent = "This browser does not play WebM films; Firefox, Chrome and Edge do.";
  });
  root.append(make("div", { class: "aigc-stage" }, video), help);
  return () => {
    video.pause();
    URL.revokeObjectURL(address);
  };
}

export default { render };
