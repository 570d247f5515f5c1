# Fills a template of a manual page (mdoc) with what a program says of itself, so that the page cannot tell anything else:
#
#   awk -v date=D -v version=V -v help=FILE -v options=FILE -f fill.awk page.in > page
#
# A line @HELP@ becomes the text of FILE `help` (what --help prints), @OPTIONS@ that of FILE `options` (what --dump-config
# prints for the defaults). @DATE@ and @VERSION@ are replaced within lines.

function escape(text) {
  gsub(/\\/, "\\e", text)
  gsub(/-/, "\\-", text)
  return text ~ /^[.']/ ? "\\&" text : text
}

function prose(text) {
  gsub(/\\/, "\\e", text)
  gsub(/[.] +/, ".\n", text)
  return text ~ /^[.']/ ? "\\&" text : text
}

function list_begin() {
  if (!listing) print ".Bl -tag -width Ds"
  listing = 1
}

function list_end() {
  if (listing) print ".El"
  listing = 0
}

function item(name, argument) {
  list_begin()
  print ".It Sy \"" escape(name) "\"" (argument == "" ? "" : " Ar \"" escape(argument) "\"")
}

# One line of a help text: "  what  explanation", "  --option ARGUMENT  explanation", its continuation, a heading or prose.
function help_line(line,    name, argument) {
  if (line == "") {
    list_end()
    if (paragraph) print ".Pp"
    paragraph = 0
  } else if (line ~ /^  --/) {
    name = line
    sub(/^ +/, "", name)
    sub(/ .*/, "", name)
    sub(/^ +[^ ]+ +/, "", line)
    if (line ~ /^[^ ]+  +/) {
      argument = line
      sub(/ .*/, "", argument)
      sub(/^[^ ]+ +/, "", line)
    } else {
      argument = ""
    }
    item(name, argument)
    print prose(line)
  } else if (line ~ /^  [^ ].*   *[^ ]/ && match(substr(line, 3), /  +/)) {
    item(substr(line, 3, RSTART - 1))
    print prose(substr(line, RSTART + RLENGTH + 2))
  } else if (line ~ /^  [^ ]/) {
    item(substr(line, 3))
  } else if (line ~ /^   / && listing) {
    sub(/^ +/, "", line)
    print prose(line)
  } else if (line ~ /^[^ ].*:$/) {
    list_end()
    print ".Ss " substr(line, 1, length(line) - 1)
    paragraph = 0
  } else {
    list_end()
    sub(/^ +/, "", line)
    print prose(line)
    paragraph = 1
  }
}

# One line of a configuration: comments gather until the section or option that they explain.
function option_line(line) {
  if (line ~ /^# Allowed: /) {
    explained = explained "\n.br\n" prose(substr(line, 3))
  } else if (line ~ /^# /) {
    explained = explained (explained == "" ? "" : "\n") prose(substr(line, 3))
  } else if (line ~ /^\[/) {
    list_end()
    print ".Ss " line
    print explained
    explained = ""
  } else if (line ~ /^[a-z]/) {
    sub(/ *=.*/, "", line)
    item(line)
    print explained
    explained = ""
  } else if (!begun) {
    explained = "" # the head of the file
    begun = 1
  }
}

$0 == "@HELP@" {
  first = 1
  while ((getline line < help) > 0) {
    if (!first) help_line(line)
    first = 0
  }
  list_end()
  next
}

$0 == "@OPTIONS@" {
  while ((getline line < options) > 0) option_line(line)
  list_end()
  next
}

{
  gsub(/@DATE@/, date)
  gsub(/@VERSION@/, version)
  print
}
