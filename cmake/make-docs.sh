#!/bin/sh
# usage: make-docs.sh BUILD
# The site of the documentation in BUILD/docs/site: the pages of docs/ by MkDocs, the C++ reference by Doxygen in cpp/.
# A link that leads nowhere is an error.
set -eu
cd "$(dirname "$0")/.."
build=$1
for tool in mkdocs doxygen; do
  command -v $tool >/dev/null || {
    printf 'make-docs: %s is missing (Debian: apt-get install %s)\n' $tool $tool >&2
    exit 1
  }
done
pages=$build/docs/pages
rm -rf "$build/docs"
mkdir -p "$pages"
cp docs/*.md "$pages/"
find docs -maxdepth 1 \( -name '*.svg' -o -name '*.png' \) -exec cp {} "$pages/" \;
cp proofs-checks/FORMAT.md "$pages/certificate-format.md"
cp CONTRIBUTING.md "$pages/contributing.md"
cp CHANGELOG.md "$pages/changes.md"
cp README.md "$pages/readme.md"
for file in "$pages"/*.md; do
  sed -i -e 's|](../proofs-checks/FORMAT.md|](certificate-format.md|g' -e 's|](proofs-checks/FORMAT.md|](certificate-format.md|g' \
    -e 's|](../CONTRIBUTING.md|](contributing.md|g' -e 's|](CONTRIBUTING.md|](contributing.md|g' \
    -e 's|](../README.md|](readme.md|g' -e 's|](docs/|](|g' \
    -e 's|\[\([^]]*\)\](LICENSE)|\1|g' -e 's|\[\([^]]*\)\](\.\./[^)]*)|\1|g' -e 's|\[\([^]]*\)\](examples/[^)]*)|\1|g' "$file"
done
{
  cat cmake/mkdocs.yml
  cat <<'NAV'
nav:
  - Home: index.md
  - Start: start.md
  - Reading a verdict: reading-a-verdict.md
  - Certainty: certainty.md
  - Theory: theory.md
  - Files: formats.md
  - Certificates: [certificates.md, certificate-format.md]
  - Models of one's own: own-model.md
  - Python: python.md
NAV
  for page in "$pages"/*.md; do
    name=${page##*/}
    case $name in
      index.md | start.md | reading-a-verdict.md | certainty.md | theory.md | formats.md | certificates.md | certificate-format.md | \
        own-model.md | python.md | readme.md) ;;
      *) printf '  - %s\n' "$name" ;;
    esac
  done
} | sed "s|\.\./build/|$(cd "$build" && pwd)/|" >"$build/docs/mkdocs.yml"
mkdocs --quiet build --strict -f "$build/docs/mkdocs.yml"
cat >"$build/docs/Doxyfile" <<DOXY
PROJECT_NAME = pgb
INPUT = lib/pgb
RECURSIVE = YES
FILE_PATTERNS = *.h
STRIP_FROM_PATH = lib
OUTPUT_DIRECTORY = $build/docs
HTML_OUTPUT = site/cpp
GENERATE_LATEX = NO
EXTRACT_ALL = YES
JAVADOC_AUTOBRIEF = YES
QUIET = YES
HAVE_DOT = NO
WARNINGS = NO
SOURCE_BROWSER = YES
MARKDOWN_SUPPORT = NO
DOXY
doxygen "$build/docs/Doxyfile"
printf 'docs: %s/docs/site/index.html, C++ reference in %s/docs/site/cpp\n' "$build" "$build"
