// reviewd's routes.

const TIMEOUT_MS = 15000;
const LONGEST_WAIT_S = 30;
const ATTEMPTS = 4;

// Why a request failed: `status` (0: no answer came), the server's `problem` document, and when it suggests to come again.
export class ApiError extends Error {
  constructor(status, problem = {}, retryAfterS = 0) {
    super(problem.detail ?? `status ${status}`);
    this.status = status;
    this.problem = problem;
    this.retryAfterS = retryAfterS;
  }

  // Whether nobody can know if the request was carried out.
  get isUncertain() {
    return this.status === 0 || this.status === 504 || /outcome-unknown$/.test(this.problem.type ?? "");
  }
}

function pause(seconds, signal) {
  return new Promise((done, fail) => {
    const timer = setTimeout(done, seconds * 1000);
    signal?.addEventListener("abort", () => (clearTimeout(timer), fail(signal.reason)), { once: true });
  });
}

export class Api {
  // `base`: where reviewd answers, without a slash at the end; "" for the page's own origin.
  constructor(base) {
    this.base = base.replace(/\/+$/, "");
  }

  list(product, { page, count, sort }, options) {
    return this.patiently("GET", `/reviews/${product}/list?count=${count}&page=${page}&sort=${sort}`, options);
  }

  meta(product, options) {
    return this.patiently("GET", `/reviews/${product}/meta`, options);
  }

  add(product, review) {
    return this.request("POST", `/reviews/${product}`, { body: review });
  }

  helpful(review) {
    return this.patiently("PUT", `/reviews/helpful/${review}`, { body: {} });
  }

  report(review) {
    return this.patiently("PUT", `/reviews/report/${review}`, { body: {} });
  }

  // Comes again while the server says when (503 with Retry-After), unless the request may have been carried out. onwait is
  // told each time, in seconds.
  async patiently(method, path, options = {}) {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.request(method, path, options);
      } catch (error) {
        const mayTry = error.status === 503 && error.retryAfterS > 0 && error.retryAfterS <= LONGEST_WAIT_S;
        if (!mayTry || attempt === ATTEMPTS || (method !== "GET" && error.isUncertain)) throw error;
        options.onwait?.(error.retryAfterS);
        await pause(error.retryAfterS, options.signal);
      }
    }
  }

  async request(method, path, { body, signal } = {}) {
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), TIMEOUT_MS);
    const stop = () => timeout.abort();
    signal?.addEventListener("abort", stop, { once: true });
    try {
      const response = await fetch(this.base + path, {
        method,
        signal: timeout.signal,
        credentials: "omit",
        headers: body === undefined ? {} : { "Content-Type": "application/json" },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      if (response.ok) return response.status === 204 ? null : await response.json();
      const problem = await response.json().catch(() => ({}));
      throw new ApiError(response.status, problem, Number(response.headers.get("Retry-After")) || 0);
    } catch (error) {
      if (error instanceof ApiError) throw error;
      signal?.throwIfAborted();
      throw new ApiError(0);
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
    }
  }
}
