// Where unfinished answers lie: one store, by name. On the web a draft is named after its round; on a tablet after its
// turn ("~turn/…"), beside the record of the turn itself ("~turn"), so that both can go in one transaction.

const DATABASE = "svarboks";
const STORE = "draft";

/** Carries out `act` on the store in one transaction; resolves when it is on disk. `act` may await nothing but `asked`. */
export async function inDraftStore<T>(mode: IDBTransactionMode, act: (store: IDBObjectStore) => Promise<T>): Promise<T> {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
  const database = await asked(opening);
  try {
    // Strict: a draft that holds sealed bytes must outlive a power cut.
    const transaction = database.transaction(STORE, mode, { durability: "strict" });
    const finished = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error ?? new Error("aborted"));
    });
    finished.catch(() => undefined);
    let result: T;
    try {
      result = await act(transaction.objectStore(STORE));
    } catch (error) {
      try {
        transaction.abort();
      } catch {
        // It has ended already.
      }
      throw error;
    }
    await finished;
    return result;
  } finally {
    database.close();
  }
}

/** What a request gives. */
export function asked<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("failed"));
  });
}
