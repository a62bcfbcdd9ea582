/**
 * The globals of Fetch, as they were when the first fetch handler was made: they are loaded then and not before (undici
 * takes some 10 ms), and nothing here is misled by what stands in their place for a moment (fetch.ts).
 */
export interface Natives {
  readonly Request: typeof Request;
  readonly Response: typeof Response;
  readonly Headers: typeof Headers;
}

let natives: Natives | undefined;

export function fetchGlobals(): Natives {
  natives ??= { Request, Response, Headers };
  return natives;
}

interface Class<T> {
  readonly prototype: T;
}

/**
 * Makes `instanceof` hold for instances of `lazy`, and takes what their class does not answer from a real one: a native
 * getter or method would not know them.
 */
export function standFor<T extends object, R extends object>(
  lazy: Class<T>,
  native: Class<R>,
  real: (instance: T) => R,
): void {
  const { prototype } = lazy;
  if (Object.getPrototypeOf(prototype) === native.prototype) return;
  Object.setPrototypeOf(prototype, native.prototype);
  for (const name of Reflect.ownKeys(native.prototype)) {
    const known = Object.getOwnPropertyDescriptor(native.prototype, name)!;
    const isData = known.get === undefined && typeof known.value !== 'function';
    if (Object.hasOwn(prototype, name) || isData) continue;
    Object.defineProperty(prototype, name, {
      configurable: true,
      enumerable: known.enumerable,
      get(this: T): unknown {
        const from = real(this);
        const value: unknown = Reflect.get(from, name, from);
        return typeof value === 'function' ? (value.bind(from) as unknown) : value;
      },
    });
  }
}
