#pragma once

namespace pgb::report {

// The style sheet of the page. Holds no `<` and no `&`.
const char* page_style();

}  // namespace pgb::report
