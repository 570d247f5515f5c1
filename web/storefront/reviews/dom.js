// Elements of the page, made without markup: what comes from a server becomes text and nothing else.

// An element with attributes and children. An attribute that is null, undefined or false is left out; one that begins with
// "on" is a listener.
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";
const STAR = "M10 1.6l2.6 5.3 5.8.8-4.2 4.1 1 5.8-5.2-2.7-5.2 2.7 1-5.8L1.6 7.7l5.8-.8z";

function starRow(count) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${count * 20} 20`);
  svg.setAttribute("aria-hidden", "true");
  for (let i = 0; i < count; i++) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", STAR);
    path.setAttribute("transform", `translate(${i * 20} 0)`);
    svg.append(path);
  }
  return svg;
}

// Five stars, filled up to the rating (0 to 5), with a label for those who do not see them.
export function stars(rating, label) {
  const fill = h("span", { class: "fill" }, starRow(5));
  fill.style.setProperty("--share", `${rating * 20}%`);
  return h("span", { class: "stars", role: "img", "aria-label": label }, starRow(5), fill);
}

export const oneStar = () => starRow(1);

// Whether an address may become a link or a picture.
export const isHttp = (address) => /^https?:\/\//i.test(address);
