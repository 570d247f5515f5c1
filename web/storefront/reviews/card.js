// One review, with what a reader can do about it.

import { h, isHttp, stars } from "./dom.js";

const SHORT = 250;
const VOTES = "product-reviews.votes";

// Which reviews this browser has voted for, as long as it lets us remember.
const votes = {
  all() {
    try {
      return JSON.parse(localStorage.getItem(VOTES)) ?? [];
    } catch {
      return [];
    }
  },
  add(id) {
    try {
      localStorage.setItem(VOTES, JSON.stringify([...this.all(), id].slice(-500)));
    } catch {
      // It forgets, then: a second vote is the server's to count.
    }
  },
};

function bodyOf(texts, review) {
  const characters = [...review.body];
  const text = h("p", { class: "body", dir: "auto" }, review.body);
  if (characters.length <= SHORT) return text;
  const cut = characters.slice(0, SHORT).join("").replace(/[\s.,;:!?…]+$/, "") + "…";
  const button = h("button", {
    type: "button", class: "link", "aria-expanded": "false",
    onclick: () => show(button.getAttribute("aria-expanded") !== "true"),
  });
  const show = (whole) => {
    text.textContent = whole ? review.body : cut;
    button.textContent = texts.t(whole ? "readLess" : "readMore");
    button.setAttribute("aria-expanded", String(whole));
  };
  show(false);
  return [text, button];
}

function photosOf(texts, review, openPhotos) {
  const photos = review.photos.filter((photo) => isHttp(photo.url) && isHttp(photo.thumbnail_url));
  if (photos.length === 0) return null;
  const describe = (i) => texts.t("photo", { n: i + 1, total: photos.length, name: review.reviewer_name });
  return h("ul", { class: "photos", role: "list" }, photos.map((photo, i) => {
    const item = h("li", {}, h("button", {
      type: "button", class: "thumb", "aria-label": describe(i),
      onclick: (event) => openPhotos(photos.map((p, n) => ({ url: p.url, text: describe(n) })), i, event.currentTarget),
    }, h("img", {
      src: photo.thumbnail_url, alt: "", width: 96, height: 96, loading: "lazy", referrerpolicy: "no-referrer",
      onerror: () => item.classList.add("missing"),
    })));
    return item;
  }));
}

function helpfulOf(texts, api, review, say) {
  const button = h("button", { type: "button", class: "quiet helpful", onclick: vote });
  const show = (isDone, n) => {
    button.replaceChildren(texts.t(isDone ? "helpfulDone" : "helpful"), h("span", { class: "count" }, texts.numbers.format(n)));
    button.classList.toggle("done", isDone);
    // Not `disabled`, which would take the focus away.
    button.setAttribute("aria-disabled", String(isDone));
  };
  async function vote() {
    if (button.getAttribute("aria-disabled") === "true") return;
    show(true, review.helpfulness + 1);
    try {
      await api.helpful(review.review_id);
      review.helpfulness++;
      votes.add(review.review_id);
      say(texts.t("helpfulThanks"));
    } catch (error) {
      show(false, review.helpfulness);
      say(texts.t(error.status === 404 ? "gone" : "actionFailed"), true);
    }
  }
  show(votes.all().includes(review.review_id), review.helpfulness);
  return button;
}

function reportOf(texts, api, review, card, say, onreported) {
  const place = h("span", { class: "report" });
  const ask = h("button", { type: "button", class: "quiet", onclick: () => {
    place.replaceChildren(h("span", { class: "report-ask" }, texts.t("reportAsk")), yes, no);
    yes.focus();
  } }, texts.t("report"));
  const yes = h("button", { type: "button", class: "quiet danger", onclick: async () => {
    card.classList.add("reported");
    place.replaceChildren(h("span", { class: "muted" }, texts.t("reported")));
    say(texts.t("reported"));
    card.focus();
    try {
      await api.report(review.review_id);
      onreported();
    } catch (error) {
      if (error.status === 404) return;
      card.classList.remove("reported");
      place.replaceChildren(ask);
      say(texts.t("actionFailed"), true);
    }
  } }, texts.t("reportYes"));
  const no = h("button", { type: "button", class: "quiet", onclick: () => {
    place.replaceChildren(ask);
    ask.focus();
  } }, texts.t("cancel"));
  place.append(ask);
  return place;
}

// `context`: {texts, api, openPhotos(photos, first, opener), onreported()}; `isOwn`: the reader has just written it.
export function reviewCard(context, review, isOwn = false) {
  const { texts, api } = context;
  const told = h("p", { class: "told", role: "status" });
  const say = (text, isWrong = false) => {
    told.textContent = text;
    told.classList.toggle("wrong", isWrong);
  };
  const heading = `review-${review.review_id}`;
  const card = h("article", { class: "card", tabindex: "-1", "aria-labelledby": heading, "data-review": review.review_id });
  card.append(
    h("header", {},
      stars(review.rating, texts.t("rated", { rating: texts.numbers.format(review.rating) })),
      isOwn && h("span", { class: "own" }, texts.t("own")),
      h("h3", { id: heading, dir: "auto" }, review.summary || texts.t("noSummary")),
      h("p", { class: "muted byline" }, h("bdi", {}, review.reviewer_name), " · ",
        h("time", { datetime: review.date }, texts.date(review.date)))),
    ...[bodyOf(texts, review)].flat());
  if (review.recommend) card.append(h("p", { class: "recommends" }, texts.t("recommends")));
  const photos = photosOf(texts, review, context.openPhotos);
  if (photos) card.append(photos);
  if (review.response) {
    card.append(h("div", { class: "response" }, h("h4", {}, texts.t("response")), h("p", { dir: "auto" }, review.response)));
  }
  card.append(h("footer", {}, helpfulOf(texts, api, review, say),
    reportOf(texts, api, review, card, say, context.onreported)), told);
  return card;
}
