#!/usr/bin/env bash
# Makes what is served out of the storefront's sources: the widget's parts become one module, every file but the page gets a
# hash of its content into its name, and whoever names it is told. Usage: build.sh OUTPUT
set -euo pipefail

source=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
output=${1:?the folder to make}

# The parts of the widget, each behind those that it needs.
parts=(dom api stream texts style totals summary card lightbox form)

rm -rf "$output.new"
mkdir -p "$output.new/messages"
cd "$output.new"

# An import of a part is one line, and so is what an export begins with.
{
  for part in "${parts[@]}"; do
    cat "$source/reviews/$part.js"
  done
  cat "$source/product-reviews.js"
} | sed -E -e '/^import .* from "\.\/(reviews\/)?[a-z]+\.js";$/d' -e 's/^export //' -e '/^ *\/\/ /d' -e 's/^ +//' -e '/^$/d' \
  >product-reviews.js
cp "$source"/messages/*.json messages/
cp "$source"/shop.js "$source"/shop.css "$source"/index.html .

# name_by_content FILE: gives it its hash, and changes its name in all files that are left to be named.
name_by_content() {
  local file=$1 named hash
  hash=$(sha256sum "$file" | cut -c 1-12)
  named=${file%.*}.$hash.${file##*.}
  mv "$file" "$named"
  sed -i "s|\./${file//./\\.}|./$named|g" ./*.js ./*.html ./*.css
}

# Those that name no other come first.
for file in messages/*.json product-reviews.js shop.js shop.css; do
  name_by_content "$file"
done

rm -rf "$output"
mv "$output.new" "$output"
