/** As much of `curl` as the docs use: `curl URL`, and `curl -d BODY URL` to post. */
const words = process.argv.slice(2);
const at = words.indexOf('-d');
const [url = ''] = words.filter((word) => /^https?:/.test(word));
const response = await fetch(url, at === -1 ? {} : { method: 'POST', body: words[at + 1] ?? '' });
process.stdout.write(await response.text());
