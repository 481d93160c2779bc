/** What every page is given. */
export type PageProps = {
  /** The values of the `:names` of its path. */
  params: Readonly<Record<string, string>>;
};
