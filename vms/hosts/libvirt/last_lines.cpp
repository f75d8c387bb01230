// SPDX-License-Identifier: Apache-2.0
// See last_lines.hpp.
#include "vms/hosts/libvirt/last_lines.hpp"

#include <fstream>
#include <vector>

namespace switchback::libvirt {

std::string last_lines(const std::filesystem::path& log) {
  std::ifstream file(log);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);)
    lines.push_back(line);
  std::string text;
  for (std::size_t n = lines.size() > 5 ? lines.size() - 5 : 0; n < lines.size(); ++n)
    text += "\n  " + lines[n];
  return text;
}

}  // namespace switchback::libvirt
