// What every page is made of. Content is markup; what comes from files goes through escape_markup first.
#pragma once

#include <string>

#include "pgb/report/svg.h"

namespace pgb::report {

// <tag class="style">content</tag>; no class where style is "".
std::string element(const std::string& tag, const std::string& style, const std::string& content);

// A cell of a table that becomes a stack of lines on narrow screens, where `label` stands before the content.
std::string cell(const std::string& label, const std::string& style, const std::string& content);

// The plot with its title and description as caption.
std::string figure(const Plot& plot);

// The plot as a file of its own, with the page's style: light or dark as the reader has it.
std::string svg_document(const Plot& plot);

struct Page {
  std::string title, heading;                                       // of the window, and on the page; text
  std::string kicker = "The perturbable gradient basis condition";  // text above the heading
  std::string introduction;                                         // markup below the heading
  std::string content;                                              // markup: the <article>s
  std::string terms;         // markup: words explained at the end; may be ""
  std::string command_line;  // text; "": not shown
  std::string tool;          // text: "pgbcheck 1.0.0"
};

// The whole document: one file, no network, no script.
std::string page_html(const Page& page);

}  // namespace pgb::report
