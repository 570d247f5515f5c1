// <product-reviews product-id="777" api="https://reviews.example" lang="de"></product-reviews>
//
// The reviews of a product, and the form for a new one. Without `api` the page's own origin is asked, without `lang` the
// nearest lang attribute or the browser tells the language. What the element holds is shown until the first answer: a
// prerendered page, for readers without JavaScript.

import { Api } from "./reviews/api.js";
import { reviewCard } from "./reviews/card.js";
import { h } from "./reviews/dom.js";
import { ReviewForm } from "./reviews/form.js";
import { openLightbox } from "./reviews/lightbox.js";
import { ReviewStream } from "./reviews/stream.js";
import { style } from "./reviews/style.js";
import { summary } from "./reviews/summary.js";
import { Texts } from "./reviews/texts.js";
import { CHARACTERISTICS, totalsOf } from "./reviews/totals.js";

const AT_ONCE = 2;
const SORTS = ["relevant", "newest", "helpfulness"];

let sheet;

class ProductReviews extends HTMLElement {
  static observedAttributes = ["product-id", "api", "lang"];

  connectedCallback() {
    if (!this.shadowRoot) {
      this.attachShadow({ mode: "open" });
      sheet ??= new CSSStyleSheet();
      sheet.replaceSync(style);
      this.shadowRoot.adoptedStyleSheets = [sheet];
    }
    this.begin();
  }

  disconnectedCallback() {
    this.work?.abort();
  }

  attributeChangedCallback(name, before, now) {
    if (this.shadowRoot && this.isConnected && before !== now) this.begin();
  }

  get locale() {
    return this.lang || this.closest("[lang]")?.lang || navigator.language;
  }

  // Everything anew, for another product or language. An answer to an earlier question is not waited for.
  async begin() {
    this.work?.abort();
    this.work = new AbortController();
    const { signal } = this.work;
    this.product = this.getAttribute("product-id");
    this.api = new Api(this.getAttribute("api") ?? "");
    this.sort = SORTS[0];
    this.ratings = new Set();
    this.root = h("div", { class: "reviews", "aria-busy": "true" }, this.children.length > 0 ? h("slot") : skeleton());
    this.status = h("p", { class: "sr", role: "status" });
    this.shadowRoot.replaceChildren(this.root, this.status);
    try {
      this.texts = await Texts.of(this.locale, import.meta.url);
    } catch {
      return; // What the element holds stays, and is readable.
    }
    if (signal.aborted) return;
    this.root.dir = this.texts.direction;
    this.root.lang = this.texts.locale;
    await this.load(signal);
  }

  async load(signal) {
    const waiting = { signal, onwait: (seconds) => this.say(this.texts.t("busy", { n: seconds })) };
    this.say(this.texts.t("loading"));
    const stream = new ReviewStream(this.api, this.product, this.sort, this.ratings);
    try {
      const [meta, reviews] = await Promise.all([this.api.meta(this.product, waiting), stream.take(AT_ONCE, waiting)]);
      if (signal.aborted) return;
      this.stream = stream;
      this.meta = meta;
      this.show(reviews);
      this.say("");
    } catch (error) {
      if (!signal.aborted) this.showFailure(this.root, () => this.begin(), this.children.length > 0 && h("slot"));
    }
  }

  say(text) {
    this.status.textContent = text;
  }

  showFailure(place, again, rest) {
    const { texts } = this;
    place.setAttribute("aria-busy", "false");
    place.replaceChildren(h("div", { class: "failure", role: "alert" },
      h("p", {}, texts.t(navigator.onLine ? "failed" : "offline")),
      h("button", { type: "button", class: "secondary", onclick: again }, texts.t("retry"))), rest || "");
    this.say("");
  }

  show(reviews) {
    const { texts } = this;
    this.form = new ReviewForm({
      texts, api: this.api, product: this.product, onsent: (review) => this.addOwn(review),
      characteristics: CHARACTERISTICS.filter((name) => this.meta.characteristics[name]),
    });
    this.summary = h("div", { class: "side" });
    this.cards = h("div", { class: "cards" });
    this.heading = h("p", { class: "shown" });
    this.filters = h("p", { class: "filters" });
    this.more = h("button", { type: "button", class: "secondary", onclick: () => this.showMore() }, texts.t("more"));
    this.sorting = h("select", { id: "sort", onchange: (event) => this.reorder(event.target.value) },
      SORTS.map((sort) => h("option", { value: sort }, texts.t(`sort.${sort}`))));
    const write = h("button", { type: "button", class: "primary write", onclick: () => this.form.open(write) }, texts.t("write"));
    this.root.setAttribute("aria-busy", "false");
    this.root.replaceChildren(
      h("div", { class: "top" }, h("h2", {}, texts.t("title")), write),
      h("div", { class: "columns" }, this.summary, h("section", { class: "list", "aria-label": texts.t("list") },
        h("div", { class: "tools" }, this.heading,
          h("span", { class: "sorting" }, h("label", { for: "sort" }, texts.t("sortBy")), this.sorting)),
        this.filters, this.cards, h("div", { class: "buttons" }, this.more))),
      this.form.dialog);
    this.showTotals();
    this.cards.append(...reviews.map((review) => this.card(review)));
    this.showPosition();
  }

  card(review, isOwn) {
    return reviewCard({
      texts: this.texts, api: this.api, onreported: () => this.refreshTotals(),
      openPhotos: (photos, first, opener) => openLightbox(this.texts, this.root, photos, first, opener),
    }, review, isOwn);
  }

  showTotals() {
    const { count } = totalsOf(this.meta);
    const focused = this.shadowRoot.activeElement?.dataset.rating;
    this.summary.replaceChildren(count > 0
      ? summary(this.texts, this.meta, this.ratings, (rating) => this.toggle(rating))
      : h("div", { class: "empty" }, h("p", { class: "empty-title" }, this.texts.t("empty")), h("p", {}, this.texts.t("emptyHint"))));
    this.root.classList.toggle("is-empty", count === 0);
    if (focused) this.summary.querySelector(`[data-rating="${focused}"]`)?.focus();
    const chosen = [...this.ratings].sort().map((n) => this.texts.t("stars", { n }));
    this.filters.replaceChildren(...(chosen.length === 0 ? [] : [
      h("span", {}, this.texts.t("filtered", { ratings: this.texts.list(chosen) })), " ",
      h("button", { type: "button", class: "link", onclick: () => (this.ratings.clear(), this.restart()) }, this.texts.t("unfilter")),
    ]));
  }

  showPosition() {
    const shown = this.cards.querySelectorAll(".card").length;
    const total = this.ratings.size > 0
      ? [...this.ratings].reduce((sum, rating) => sum + this.meta.ratings[rating], 0) : totalsOf(this.meta).count;
    this.heading.textContent = this.texts.t("shown", { shown, total: Math.max(total, shown) });
    this.more.hidden = !this.stream.hasMore;
  }

  toggle(rating) {
    if (!this.ratings.delete(rating)) this.ratings.add(rating);
    this.restart();
  }

  reorder(sort) {
    this.sort = sort;
    this.restart();
  }

  // The list anew, in another order or with other filters; the totals stay.
  async restart() {
    this.turn?.abort();
    const turn = (this.turn = new AbortController());
    this.work.signal.addEventListener("abort", () => turn.abort(), { once: true });
    this.showTotals();
    this.stream = new ReviewStream(this.api, this.product, this.sort, this.ratings);
    this.cards.replaceChildren(skeletonCard(), skeletonCard());
    this.more.hidden = true;
    await this.fill(turn.signal, () => this.cards.replaceChildren(), () => this.restart());
  }

  async showMore() {
    if (this.isFetching) return;
    const last = this.cards.lastElementChild;
    await this.fill(this.work.signal, () => this.cards.querySelector(".failure")?.remove(), () => this.showMore());
    // The button that was pressed has gone: go on at what it brought.
    if (this.more.hidden) last?.nextElementSibling?.focus({ preventScroll: true });
  }

  async fill(signal, prepare, again) {
    const { stream } = this;
    this.isFetching = true;
    this.cards.setAttribute("aria-busy", "true");
    try {
      const waiting = { signal, onwait: (seconds) => this.say(this.texts.t("busy", { n: seconds })) };
      const reviews = await stream.take(AT_ONCE, waiting);
      if (signal.aborted || stream !== this.stream) return;
      prepare();
      this.cards.append(...reviews.map((review) => this.card(review)));
      this.showPosition();
      this.say(this.heading.textContent);
    } catch (error) {
      if (signal.aborted || stream !== this.stream) return;
      prepare();
      const place = h("div", {});
      this.cards.append(place);
      this.showFailure(place, () => (place.remove(), again()));
    } finally {
      if (stream === this.stream) {
        this.isFetching = false;
        this.cards.setAttribute("aria-busy", "false");
      }
    }
  }

  async refreshTotals() {
    const { signal } = this.work;
    try {
      const meta = await this.api.meta(this.product, { signal });
      if (signal.aborted) return;
      this.meta = meta;
      this.showTotals();
      this.showPosition();
    } catch {
      // The old ones do: the next look brings the new.
    }
  }

  async addOwn(review) {
    this.stream.seen.add(review.review_id);
    const card = this.card(review, true);
    this.cards.prepend(card);
    await this.refreshTotals();
    card.focus();
    this.say(this.texts.t("form.sent"));
  }
}

function skeletonCard() {
  return h("div", { class: "ghost", "aria-hidden": "true" }, h("i"), h("i"), h("i"), h("i"));
}

function skeleton() {
  return h("div", { class: "columns", "aria-hidden": "true" }, h("div", { class: "side" }, skeletonCard(), skeletonCard()),
    h("div", { class: "list" }, skeletonCard(), skeletonCard()));
}

customElements.define("product-reviews", ProductReviews);
