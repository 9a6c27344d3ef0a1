// A request that hears nothing is given up: a line may stall without ever breaking. What is slow is not: 64 kbit/s carry half a
// megabyte while one waits for a single byte here.

/** So long nothing may be heard, in ms. */
export const SILENCE = 60_000;

/** Carries out `act` until it is done; rejects, and ends its request by the signal, SILENCE after its beginning or after it last called `heard`. */
export function unlessSilent<T>(act: (signal: AbortSignal, heard: () => void) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  let timer: ReturnType<typeof setTimeout>;
  return new Promise<T>((resolve, reject) => {
    const heard = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        stop.abort();
        reject(new Error("silence"));
      }, SILENCE);
    };
    heard();
    act(stop.signal, heard).then(resolve, reject);
  }).finally(() => clearTimeout(timer));
}
