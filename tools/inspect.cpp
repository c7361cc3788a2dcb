#include "inspect.h"

#include <unistd.h>

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "common.h"
#include "pgb/io/inspect.h"

namespace pgb::tools {

bool asks_to_inspect(int argc, char** argv) { return argc > 1 && std::string(argv[1]) == "inspect"; }

int inspect(int argc, char** argv) {
  CLI::App app("What files hold: tensors, models, problems and tables", "pgbcheck inspect");
  std::vector<std::string> files;
  app.set_help_flag("-h,--help", "Print this help and exit");
  app.add_option("FILE", files, "Files: .onnx .pt .pth .safetensors .npz .npy .csv .json")
      ->option_text("...")
      ->required();
  try {
    app.parse(argc - 1, argv + 1);
  } catch (const CLI::Success& answer) {
    return app.exit(answer);
  }
  std::string text;
  for (const std::string& file : files) text += (text.empty() ? "" : "\n") + io::inspect_file(file);
  print(STDOUT_FILENO, text);
  return 0;
}

}  // namespace pgb::tools
