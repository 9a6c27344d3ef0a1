/** Where a turn's page is: an address that only the service worker answers. */
export function turnAddress(round: string, language: string): string {
  return `/tablet/turn/${encodeURIComponent(round)}/${encodeURIComponent(language)}`;
}
