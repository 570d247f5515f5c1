// A product's reviews in one order, one after the other: pages are fetched as needed, and what others write meanwhile makes
// no review come twice.

const PAGE = 20;
const FILTERED_PAGE = 100;
const DEPTH = 10000; // as deep as the server pages

export class ReviewStream {
  // `ratings`: a set of those wanted; empty: all. `known`: ids that are shown already.
  constructor(api, product, sort, ratings, known = []) {
    Object.assign(this, { api, product, sort, ratings });
    this.count = ratings.size > 0 ? FILTERED_PAGE : PAGE;
    this.page = 0;
    this.waiting = [];
    this.seen = new Set(known);
    this.ended = false;
  }

  // The next reviews, at most `count`. After it, hasMore tells whether any is left.
  async take(count, options) {
    while (this.waiting.length <= count && !this.ended) await this.fetchPage(options);
    return this.waiting.splice(0, count);
  }

  get hasMore() {
    return this.waiting.length > 0;
  }

  async fetchPage(options) {
    const { page, count, sort } = this;
    const { results } = await this.api.list(this.product, { page, count, sort }, options);
    this.page++;
    this.ended = results.length < count || (this.page + 1) * count > DEPTH;
    for (const review of results) {
      if (this.seen.has(review.review_id)) continue;
      this.seen.add(review.review_id);
      if (this.ratings.size === 0 || this.ratings.has(review.rating)) this.waiting.push(review);
    }
  }
}
