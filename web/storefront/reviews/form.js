// The form for a new review, in a dialog. What was typed stays until it has been sent, whatever happens.

import { h, isHttp, oneStar } from "./dom.js";
import { CHARACTERISTICS } from "./totals.js";

// The server's limits, in characters.
const MAX = { summary: 150, body: 2000, name: 100, email: 254, photo: 2048, photos: 5 };

const lengthOf = (text) => [...text].length;

let forms = 0;

export class ReviewForm {
  // `context`: {texts, api, product, characteristics (names), onsent(review)}.
  constructor(context) {
    Object.assign(this, context);
    this.id = `form-${++forms}`;
    this.fields = new Map(); // by the API's name: {element, input, error, hint}
    this.photos = h("div", { class: "photo-inputs" });
    this.problem = h("p", { class: "problem", role: "alert" });
    this.send = h("button", { type: "submit", class: "primary" }, this.texts.t("form.send"));
    this.form = h("form", { novalidate: true, onsubmit: (event) => this.submit(event) },
      h("h2", { id: `${this.id}-title` }, this.texts.t("form.title")),
      this.ratingField(), this.recommendField(), this.scaleFields(),
      this.textField("summary"), this.textField("body", { rows: 5, required: true }), this.photoFields(),
      this.textField("name", { required: true, autocomplete: "nickname" }),
      this.textField("email", { required: true, type: "email", autocomplete: "email", hint: "emailHint" }),
      this.problem,
      h("div", { class: "buttons" },
        h("button", { type: "button", class: "secondary", onclick: () => this.dialog.close() }, this.texts.t("cancel")),
        this.send));
    this.dialog = h("dialog", { class: "form", "aria-labelledby": `${this.id}-title`, onclose: () => this.opener?.focus() },
      this.form);
  }

  open(opener) {
    this.opener = opener;
    this.dialog.showModal();
  }

  label(key) {
    return this.texts.t(`form.${key}`);
  }

  // Around the controls of one field: its legend or label above, its error below.
  field(name, legend, controls, { group = false, required = false } = {}) {
    const error = h("p", { class: "field-error", id: `${this.id}-${name}-error`, hidden: true });
    const text = [legend, !required && h("span", { class: "muted" }, ` ${this.label("optional")}`)];
    const element = group
      ? h("fieldset", { class: "field", "data-field": name }, h("legend", {}, text), controls, error)
      : h("div", { class: "field", "data-field": name }, h("label", { for: `${this.id}-${name}` }, text), controls, error);
    this.fields.set(name, { element, error });
    return element;
  }

  radio(name, value, label, children) {
    return h("label", {}, h("input", { type: "radio", name, value, "aria-label": label,
      "aria-describedby": `${this.id}-${name}-error`, onchange: () => this.mark(name) }), children);
  }

  ratingField() {
    const word = h("span", { class: "rating-word", "aria-hidden": "true" });
    const radios = [1, 2, 3, 4, 5].map((n) => {
      const name = this.texts.t(`form.ratingWords.${n}`);
      const radio = this.radio("rating", n, `${this.texts.t("stars", { n })}: ${name}`, oneStar());
      radio.addEventListener("change", () => {
        word.textContent = name;
        radios.forEach((other, i) => other.classList.toggle("on", i < n));
      });
      return radio;
    });
    return this.field("rating", this.label("rating"), h("div", { class: "rating-input" }, radios, word),
      { group: true, required: true });
  }

  recommendField() {
    return this.field("recommend", this.label("recommend"), h("div", { class: "choices" },
      this.radio("recommend", "true", null, this.label("yes")), this.radio("recommend", "false", null, this.label("no"))),
    { group: true, required: true });
  }

  scaleFields() {
    return this.characteristics.map((name) => {
      const word = (key) => this.texts.t(`characteristics.${name}.${key}`);
      const radios = [1, 2, 3, 4, 5].map((n) => {
        const end = { 1: ` (${word("low")})`, 5: ` (${word("high")})` }[n] ?? "";
        return this.radio(`characteristics.${name}`, n, this.texts.numbers.format(n) + end,
          h("span", { "aria-hidden": "true" }, this.texts.numbers.format(n)));
      });
      return this.field(`characteristics.${name}`, word("name"), h("div", { class: "scale-input" },
        h("span", { class: "muted", "aria-hidden": "true" }, word("low")), h("div", { class: "scale-radios" }, radios),
        h("span", { class: "muted", "aria-hidden": "true" }, word("high"))), { group: true });
    });
  }

  textField(name, { rows, required = false, type = "text", autocomplete = "off", hint } = {}) {
    const id = `${this.id}-${name}`;
    const counter = h("span", { class: "counter", id: `${id}-counter` });
    const input = h(rows ? "textarea" : "input", {
      id, name, rows, type: rows ? null : type, autocomplete, "aria-required": required ? "true" : null,
      "aria-describedby": `${hint ? `${id}-hint ` : ""}${id}-counter ${id}-error`, dir: type === "email" ? "ltr" : "auto",
      oninput: () => (count(), this.mark(name)),
    });
    const count = () => {
      const n = lengthOf(input.value);
      counter.textContent = this.texts.t("form.counter", { n, max: MAX[name] });
      counter.classList.toggle("over", n > MAX[name]);
    };
    this.form?.addEventListener("reset", count);
    count();
    return this.field(name, this.label(name), [hint && h("p", { class: "muted hint", id: `${id}-hint` }, this.label(hint)),
      input, counter], { required });
  }

  photoFields() {
    const add = h("button", { type: "button", class: "link", onclick: () => {
      this.addPhoto().querySelector("input").focus();
      add.hidden = this.photos.children.length === MAX.photos;
    } }, this.label("photoAdd"));
    this.photoAdd = add;
    return this.field("photos", this.label("photos"), [this.photos, add], { group: true });
  }

  addPhoto() {
    const number = this.photos.children.length + 1;
    const row = h("div", { class: "photo-input" },
      h("input", { type: "url", name: "photo", dir: "ltr", placeholder: "https://", oninput: () => this.mark("photos"),
        "aria-label": this.texts.t("form.photoNumber", { n: number }), "aria-describedby": `${this.id}-photos-error` }),
      h("button", { type: "button", class: "quiet", onclick: () => {
        row.remove();
        this.photoAdd.hidden = false;
        this.photoAdd.focus();
      } }, this.label("photoRemove")));
    this.photos.append(row);
    return row;
  }

  values() {
    const data = new FormData(this.form);
    const text = (name) => String(data.get(name) ?? "").trim();
    const review = { rating: Number(data.get("rating")) || null, recommend: { true: true, false: false }[data.get("recommend")],
      body: text("body"), name: text("name"), email: text("email") };
    if (text("summary")) review.summary = text("summary");
    const photos = data.getAll("photo").map((address) => address.trim()).filter(Boolean);
    if (photos.length > 0) review.photos = photos;
    const rated = CHARACTERISTICS.map((name) => [name, Number(data.get(`characteristics.${name}`))]).filter(([, n]) => n > 0);
    if (rated.length > 0) review.characteristics = Object.fromEntries(rated);
    return review;
  }

  // What is wrong with it before it is sent: [[field, text], …], in the order of the fields.
  mistakes(review) {
    const { texts } = this;
    const wrong = [];
    if (!review.rating) wrong.push(["rating", this.label("chooseRating")]);
    if (review.recommend === undefined) wrong.push(["recommend", this.label("choose")]);
    for (const name of ["summary", "body", "photos", "name", "email"]) {
      if (name === "photos") {
        const bad = (review.photos ?? []).find((address) => !isHttp(address) || lengthOf(address) > MAX.photo);
        if (bad) wrong.push(["photos", this.label("badPhoto")]);
      } else if (name !== "summary" && !review[name]) {
        wrong.push([name, this.label("required")]);
      } else if (lengthOf(review[name] ?? "") > MAX[name]) {
        wrong.push([name, texts.t("form.tooLong", { max: MAX[name] })]);
      } else if (name === "email" && !/^[^@\s]+@[^@\s]+$/.test(review.email)) {
        wrong.push(["email", this.label("badEmail")]);
      }
    }
    return wrong;
  }

  // Shows a field's error, or takes it away. `lang` is the text's language where it is not the reader's.
  mark(name, text = "", lang = null) {
    const field = this.fields.get(name);
    if (!field) return false;
    field.error.textContent = text;
    field.error.hidden = !text;
    if (lang) field.error.lang = lang;
    for (const input of field.element.querySelectorAll("input, textarea")) {
      if (text) input.setAttribute("aria-invalid", "true");
      else input.removeAttribute("aria-invalid");
    }
    return true;
  }

  showErrors(errors, lang) {
    const strays = [];
    for (const [name, text] of errors) {
      if (!this.mark(name, text, lang)) strays.push(text);
    }
    this.problem.textContent = [this.texts.t("form.wrong", { n: errors.length }), ...strays].join(" ");
    this.form.querySelector("[aria-invalid]")?.focus();
  }

  async submit(event) {
    event.preventDefault();
    if (this.isBusy) return;
    const review = this.values();
    for (const name of this.fields.keys()) this.mark(name);
    this.problem.textContent = "";
    const wrong = this.mistakes(review);
    if (wrong.length > 0) return void this.showErrors(wrong);
    this.setBusy(true);
    try {
      const added = await this.api.add(this.product, review);
      this.form.reset();
      this.photos.replaceChildren();
      this.dialog.close();
      this.onsent(added);
    } catch (error) {
      await this.fail(error);
    } finally {
      this.setBusy(false);
    }
  }

  setBusy(isBusy) {
    this.isBusy = isBusy;
    this.send.setAttribute("aria-disabled", String(isBusy));
    this.send.textContent = this.label(isBusy ? "sending" : "send");
  }

  // The server names a field as it was sent: "photos[2]", "characteristics.Fit".
  async fail(error) {
    if (error.status === 422 && Array.isArray(error.problem.errors)) {
      const errors = error.problem.errors.map(({ field, detail }) => [field.replace(/\[\d+\]$/, ""), detail]);
      return this.showErrors(errors, "en");
    }
    this.problem.textContent = this.label(error.isUncertain ? "uncertain" : "failed");
    // Until then sending again would meet the same refusal.
    for (let left = Math.min(error.retryAfterS, 30); left > 0 && this.dialog.isConnected; left--) {
      this.send.textContent = this.texts.t("busy", { n: left });
      await new Promise((done) => setTimeout(done, 1000));
    }
  }
}
