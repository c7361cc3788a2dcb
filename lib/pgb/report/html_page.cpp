#include "pgb/report/html_page.h"

#include "pgb/report/html_style.h"
#include "pgb/report/plain_text.h"

namespace pgb::report {

std::string element(const std::string& tag, const std::string& style, const std::string& content) {
  return '<' + tag + (style.empty() ? "" : " class=\"" + style + '"') + '>' + content + "</" + tag + ">\n";
}

std::string cell(const std::string& label, const std::string& style, const std::string& content) {
  return "<td data-label=\"" + escape_markup(label) + "\"" +
         (style.empty() ? "" : " class=\"" + style + '"') + '>' + content + "</td>";
}

std::string figure(const Plot& plot) {
  return "<figure>\n" + plot_svg(plot) + "<figcaption><b>" + escape_markup(plot.title) + ".</b> " +
         escape_markup(plot.description) + "</figcaption>\n</figure>\n";
}

std::string svg_document(const Plot& plot) {
  const std::string opening = "<svg ", drawing = plot_svg(plot);
  const std::size_t content = drawing.find(">\n") + 2;
  return "<svg xmlns=\"http://www.w3.org/2000/svg\" " +
         drawing.substr(opening.size(), content - opening.size()) + "<style>" + page_style() +
         "</style>\n<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n" + drawing.substr(content);
}

std::string page_html(const Page& page) {
  const std::string command = page.command_line.empty()
                                  ? ""
                                  : "<h3>Command</h3>\n<p><code class=\"command\">" +
                                        escape_markup(page.command_line) + "</code></p>\n";
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
         "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
         "'unsafe-inline'\"/>\n" +
         element("title", "", escape_markup(page.title)) + element("style", "", page_style()) +
         "</head>\n<body>\n<header class=\"masthead\">\n" +
         element("p", "kicker", escape_markup(page.kicker)) + element("h1", "", escape_markup(page.heading)) +
         page.introduction + "</header>\n<main>\n" + page.content + "</main>\n<footer class=\"colophon\">\n" +
         page.terms + command + element("p", "soft", "Made by " + escape_markup(page.tool) + ".") +
         "</footer>\n</body>\n</html>\n";
}

}  // namespace pgb::report
