/** A request's headers as the Fetch standard has them, read when they are asked for. */
import type { HttpHeaders } from '../../protocols/http1/headers.ts';
import { fetchGlobals } from './natives.ts';

/**
 * Stands for a `Headers` until somebody changes it; then a real one takes over. `instanceof Headers` holds (see
 * natives.ts), and `new Headers(it)` copies it.
 */
export class LazyHeaders {
  readonly #fields: HttpHeaders;
  #real: Headers | undefined = undefined;

  constructor(fields: HttpHeaders) {
    this.#fields = fields;
  }

  get(name: string): string | null {
    if (this.#real !== undefined) return this.#real.get(name);
    return this.#fields.get(name) ?? null;
  }

  has(name: string): boolean {
    return this.get(name) !== null;
  }

  forEach(callback: (value: string, name: string, headers: Headers) => void, self?: unknown): void {
    for (const [name, value] of this.real()) {
      callback.call(self, value, name, this as unknown as Headers);
    }
  }

  /** Sorted and joined, as the standard wants them listed. */
  real(): Headers {
    if (this.#real === undefined) {
      this.#real = new (fetchGlobals().Headers)();
      for (const [name, value] of this.#fields) this.#real.append(name, value);
    }
    return this.#real;
  }
}
