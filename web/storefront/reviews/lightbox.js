// Photos at full size, above the page.

import { h } from "./dom.js";

// Opens them at `first`, within `parent`; afterwards the focus returns to `opener`. photos: [{url, text}].
export function openLightbox(texts, parent, photos, first, opener) {
  let current = first;
  const image = h("img", { referrerpolicy: "no-referrer" });
  const caption = h("p", { "aria-live": "polite" });
  const show = (index) => {
    current = (index + photos.length) % photos.length;
    image.src = photos[current].url;
    image.alt = photos[current].text;
    caption.textContent = photos[current].text;
  };
  const step = (label, by, sign) => photos.length > 1 &&
    h("button", { type: "button", class: "round", "aria-label": texts.t(label), onclick: () => show(current + by) }, sign);
  const isRtl = texts.direction === "rtl";
  const dialog = h("dialog", {
    class: "lightbox", "aria-label": texts.t("photos"),
    onclose: () => (dialog.remove(), opener.focus()),
    onclick: (event) => event.target === dialog && dialog.close(),
    onkeydown: (event) => {
      const by = { ArrowRight: isRtl ? -1 : 1, ArrowLeft: isRtl ? 1 : -1 }[event.key];
      if (by) show(current + by);
    },
  }, h("button", { type: "button", class: "round close", "aria-label": texts.t("close"), onclick: () => dialog.close() }, "×"),
  h("div", { class: "stage" }, step("previous", -1, isRtl ? "›" : "‹"), image, step("next", 1, isRtl ? "‹" : "›")), caption);
  show(first);
  parent.append(dialog);
  dialog.showModal();
}
