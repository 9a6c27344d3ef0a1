// Cache Storage as far as bundles use it, in memory.

const ORIGIN = "http://tablet.test";

class FakeCache {
  readonly kept = new Map<string, Response>();

  private address(request: RequestInfo | URL): string {
    return new URL(request instanceof Request ? request.url : String(request), ORIGIN).pathname;
  }

  async match(request: RequestInfo | URL): Promise<Response | undefined> {
    return this.kept.get(this.address(request))?.clone();
  }

  async put(request: RequestInfo | URL, response: Response): Promise<void> {
    this.kept.set(this.address(request), response);
  }

  async delete(request: RequestInfo | URL): Promise<boolean> {
    return this.kept.delete(this.address(request));
  }

  async keys(): Promise<Request[]> {
    return [...this.kept.keys()].map((path) => new Request(ORIGIN + path));
  }
}

export class FakeCaches {
  readonly all = new Map<string, FakeCache>();

  async open(name: string): Promise<FakeCache> {
    const found = this.all.get(name) ?? new FakeCache();
    this.all.set(name, found);
    return found;
  }

  async match(request: RequestInfo | URL): Promise<Response | undefined> {
    for (const cache of this.all.values()) {
      const found = await cache.match(request);
      if (found) return found;
    }
    return undefined;
  }

  /** Paths of everything that is kept. */
  get paths(): string[] {
    return [...this.all.values()].flatMap((cache) => [...cache.kept.keys()]).sort();
  }
}
