// The demo shop: chooses a product by the address (#3), and a language for the page and the widget.

const widget = document.querySelector("product-reviews");
const links = [...document.querySelectorAll("[data-product]")];
const language = document.querySelector("#language");
const euros = (amount) => new Intl.NumberFormat(document.documentElement.lang, { style: "currency", currency: "EUR",
  maximumFractionDigits: 0 }).format(amount);

function chosenLink() {
  return links.find((link) => link.hash === location.hash) ?? links[0];
}

function showProduct(hasMoved) {
  const link = chosenLink();
  for (const other of links) {
    if (other === link) other.setAttribute("aria-current", "true");
    else other.removeAttribute("aria-current");
  }
  const heading = document.querySelector("#product");
  heading.textContent = link.querySelector(".name").textContent;
  document.querySelector(".product .price").textContent = euros(link.querySelector("data").value);
  document.querySelector(".picture").replaceChildren(link.querySelector("svg").cloneNode(true));
  document.title = `${heading.textContent} – ${document.querySelector(".brand").textContent.trim()}`;
  // A prerendered page is of the product that it was made for.
  if (widget.getAttribute("product-id") !== link.dataset.product) widget.replaceChildren();
  widget.setAttribute("product-id", link.dataset.product);
  if (hasMoved) heading.focus();
}

// The mean of each product beside its price; a product whose totals do not come goes without.
async function showMeans() {
  for (const link of links) {
    try {
      const { ratings } = await (await fetch(`/reviews/${link.dataset.product}/meta`)).json();
      const count = Object.values(ratings).reduce((sum, n) => sum + n, 0);
      const points = Object.entries(ratings).reduce((sum, [rating, n]) => sum + rating * n, 0);
      const format = new Intl.NumberFormat(document.documentElement.lang, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
      link.querySelector(".mean").textContent = count > 0 ? `★ ${format.format(points / count)}` : "";
    } catch {
      link.querySelector(".mean").textContent = "";
    }
  }
}

async function showLanguage() {
  const option = language.selectedOptions[0];
  const response = await fetch(new URL(option.dataset.messages, document.baseURI));
  if (!response.ok) return;
  const { direction, shop } = await response.json();
  if (option !== language.selectedOptions[0]) return;
  document.documentElement.lang = option.value;
  document.documentElement.dir = direction;
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = shop[element.dataset.text];
  for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", shop[element.dataset.label]);
  for (const link of links) {
    link.querySelector(".name").textContent = shop.items[link.dataset.item];
    link.querySelector("data").textContent = euros(link.querySelector("data").value);
  }
  widget.lang = option.value;
  showProduct(false);
  showMeans();
}

const asked = new URLSearchParams(location.search).get("lang");
const wanted = [asked, ...navigator.languages].filter(Boolean).map((tag) => tag.slice(0, 2));
language.value = wanted.find((tag) => [...language.options].some((option) => option.value === tag)) ?? "en";
language.addEventListener("change", showLanguage);
addEventListener("hashchange", () => showProduct(true));
showProduct(false);
showLanguage();
