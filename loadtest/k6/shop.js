// The visitors of ../locustfile.py as a k6 script: the same mix, the same checks in brief, the same thresholds.
//
//   k6 run -e HOST=http://127.0.0.1:8080 -e PRODUCTS=33333 -e RATE=1000 loadtest/k6/shop.js
//
// It is checked against k6's types (npm ci && npm run check in this folder), and has not been run.
import http from 'k6/http';
import exec from 'k6/execution';
import { check } from 'k6';

const host = __ENV.HOST || 'http://127.0.0.1:8080';
const products = Number(__ENV.PRODUCTS || 33333);
const actions = Number(__ENV.RATE || 1000); // a second; an action is 1.6 requests
const readOnly = __ENV.READ_ONLY === '1';

/** @type {import('k6/options').Options} */
export const options = {
  scenarios: {
    shop: {
      executor: 'ramping-arrival-rate',
      startRate: Math.ceil(actions / 10),
      timeUnit: '1s',
      preAllocatedVUs: 200,
      maxVUs: 2000,
      stages: [
        { target: actions, duration: '30s' },
        { target: actions, duration: __ENV.DURATION || '5m' },
      ],
    },
  },
  thresholds: {
    http_reqs: ['rate>1000'],
    http_req_failed: ['rate<0.02'],
    http_req_duration: ['p(99)<1000'],
    checks: ['rate>0.98'],
  },
};

/**
 * @typedef {{ review_id: number, rating: number, date: string, helpfulness: number, reviewer_name: string }} Review
 * @typedef {{ product: number, page: number, count: number, results: Review[] }} ReviewList
 * @typedef {{ product_id: string, ratings: Record<string, number>, recommended: Record<string, number> }} Meta
 * @typedef {{ product: number, review: number }} Written
 */

const SIGNATURE = 'Swarm visitor';
const reported = http.expectedStatuses(404); // a hidden review is to be missing

// What this visitor remembers.
let product = 0;
let page = 0;
let full = false;
let sort = 'relevant';
/** @type {number[]} */
let seen = [];
/** @type {Written[]} */
const written = [];

/** Products whose logarithm is uniform: the n-th is looked at 1/n as often as the first. */
function chooseProduct() {
  const rank = Math.min(products, Math.floor(Math.pow(products + 1, Math.random())));
  // 65537 is prime: popular products lie in all segments, and the product stays below 2^53.
  return ((rank * 65537) % products) + 1;
}

/**
 * @template T
 * @param {T[]} values
 */
function any(values) {
  return values[Math.floor(Math.random() * values.length)];
}

/** @param {Record<string, number>} counts */
function total(counts) {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

/** @param {Review[]} results */
function ordered(results) {
  /** @type {(review: Review) => string | number} */
  const key = sort === 'newest' ? (review) => review.date : (review) => review.helpfulness;
  return sort === 'relevant' || results.every((review, index) => index === 0 || key(results[index - 1]) >= key(review));
}

/** @param {number} count */
function getList(count) {
  const response = http.get(`${host}/reviews/${product}/list?count=${count}&page=${page}&sort=${sort}`, {
    tags: { name: `/reviews/[product]/list?sort=${sort}` },
  });
  if (!check(response, { 'list: 200': (answer) => answer.status === 200 })) {
    seen = [];
    full = false;
    return;
  }
  const list = /** @type {ReviewList} */ (/** @type {unknown} */ (response.json()));
  check(list, {
    'list: the product and page asked for': (answer) => answer.product === product && answer.page === page,
    'list: no more than asked for': (answer) => answer.results.length <= count,
    'list: reviews of the product': (answer) =>
      answer.results.every((review) => Math.floor(review.review_id / 1048576) === product),
    'list: in order': (answer) => ordered(answer.results),
  });
  full = list.results.length === count;
  seen = list.results.filter((review) => review.reviewer_name !== SIGNATURE).map((review) => review.review_id);
}

function getMeta() {
  const response = http.get(`${host}/reviews/${product}/meta`, { tags: { name: '/reviews/[product]/meta' } });
  if (check(response, { 'meta: 200': (answer) => answer.status === 200 })) {
    const meta = /** @type {Meta} */ (/** @type {unknown} */ (response.json()));
    check(meta, {
      'meta: the product asked for': (answer) => answer.product_id === String(product),
      'meta: as many ratings as recommendations': (answer) => total(answer.ratings) === total(answer.recommended),
    });
  }
}

function openProduct() {
  product = chooseProduct();
  page = 0;
  sort = 'relevant';
  getList(10);
  getMeta();
}

function turnPage() {
  page += 1;
  getList(10);
}

function changeOrder() {
  page = 0;
  sort = any(['newest', 'helpfulness', 'relevant']);
  getList(10);
}

function readReview() {
  const response = http.get(`${host}/reviews/${product}/${any(seen)}`, { tags: { name: '/reviews/[product]/[review]' } });
  check(response, { 'review: 200': (answer) => answer.status === 200 });
}

function vote() {
  const response = http.put(`${host}/reviews/helpful/${any(seen)}`, null, { tags: { name: '/reviews/helpful/[review]' } });
  check(response, { 'vote: 204': (answer) => answer.status === 204 });
}

function write() {
  const sent = {
    rating: 1 + Math.floor(Math.random() * 5),
    recommend: Math.random() < 0.7,
    name: SIGNATURE,
    email: 'visitor@example.com',
    summary: 'True to size',
    body: `Warm, light, and as described. Visit ${exec.scenario.iterationInTest}.`,
    characteristics: { Fit: 4, Quality: 5 },
  };
  const response = http.post(`${host}/reviews/${product}`, JSON.stringify(sent), {
    headers: { 'Content-Type': 'application/json' },
    tags: { name: '/reviews/[product]' },
  });
  if (check(response, { 'write: 201': (answer) => answer.status === 201 })) {
    const review = Number(response.json('review_id'));
    written.push({ product, review });
    const again = http.get(`${host}/reviews/${product}/${review}`, { tags: { name: '/reviews/[product]/[review]' } });
    check(again, { 'write: read back at once': (answer) => answer.status === 200 && answer.json('body') === sent.body });
  }
}

/** @param {Written} one */
function report(one) {
  const response = http.put(`${host}/reviews/report/${one.review}`, null, { tags: { name: '/reviews/report/[review]' } });
  if (check(response, { 'report: 204': (answer) => answer.status === 204 })) {
    const again = http.get(`${host}/reviews/${one.product}/${one.review}`, {
      responseCallback: reported,
      tags: { name: '/reviews/[product]/[review] hidden' },
    });
    check(again, { 'report: hidden at once': (answer) => answer.status === 404 });
  }
}

export default function visit() {
  const dice = Math.random() * 100;
  const mine = dice >= 99 && !readOnly ? written.pop() : undefined;
  if (product === 0 || dice < 60) openProduct();
  else if (dice < 74 && full && page < 20) turnPage();
  else if (dice >= 74 && dice < 86) changeOrder();
  else if (dice >= 86 && dice < 90 && seen.length > 0) readReview();
  else if (dice >= 90 && dice < 97 && seen.length > 0 && !readOnly) vote();
  else if (dice >= 97 && dice < 99 && !readOnly) write();
  else if (mine) report(mine);
  else openProduct();
}
