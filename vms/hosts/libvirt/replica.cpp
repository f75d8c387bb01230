// SPDX-License-Identifier: Apache-2.0
// Writing to a volume of a real site from the other one: qemu-nbd there, libnbd here, and the
// harness's meter between them.
#include <atomic>

#include <fmt/format.h>
#include <unistd.h>

#include "vms/hosts/libvirt/images.hpp"
#include "vms/hosts/libvirt/libvirt_host.hpp"
#include "vms/hosts/libvirt/nbd_disk.hpp"
#include "vms/hosts/libvirt/process.hpp"

namespace switchback::libvirt {
namespace {

class NbdReplica final : public recovery::Replica {
 public:
  NbdReplica(BackgroundProgram server, NbdDisk disk, WireRoute& wire, std::string routed,
             std::filesystem::path socket)
      : server_(std::move(server)),
        disk_(std::move(disk)),
        wire_(wire),
        routed_(std::move(routed)),
        socket_(std::move(socket)) {}

  ~NbdReplica() override {
    disk_.reset();
    wire_.close(routed_);
    // qemu-nbd ends with its only client, once what it has is written; it is ended if it does not.
    if (!failed_) server_.wait_until_ended(std::chrono::seconds(30));
    server_.end();
    std::error_code ignored;
    std::filesystem::remove(socket_, ignored);
  }

  Nothing write(recovery::Extent extent, const std::vector<std::byte>& bytes) override {
    if (bytes.size() != extent.length)
      return environment_error(
          fmt::format("{} bytes do not fill an extent of {}", bytes.size(), extent.length),
          "read the extent first");
    return noted(disk_->write({NbdWrite{extent.offset, bytes}}));
  }
  Nothing flush() override { return noted(disk_->flush()); }

 private:
  Nothing noted(Nothing done) {
    failed_ = failed_ || !done;
    return done;
  }

  BackgroundProgram server_;
  std::optional<NbdDisk> disk_;
  bool failed_ = false;  ///< the server is not waited for
  WireRoute& wire_;
  std::string routed_;
  std::filesystem::path socket_;
};

}  // namespace

Result<std::unique_ptr<recovery::Replica>> LibvirtHost::open_replica(
    const recovery::VolumeName& volume) {
  const std::filesystem::path file = site_.volume_path(volume);
  if (!std::filesystem::exists(file))
    return not_found(fmt::format("no volume {} on the {} site", volume, name_of(site_.site)),
                     "create it first");
  // Of this replica alone: one of the same volume may still be open, over a link that was cut.
  static std::atomic<unsigned> opened{0};
  const std::filesystem::path socket =
      site_.socket_path(fmt::format("{}-{}.nbd", volume, opened++));
  SB_ASSIGN(used, calls_.connection());
  SB_ASSIGN(image, openable(*used, file, Layers::all));
  std::vector<std::string> command{"qemu-nbd", "--discard=unmap"};
  if (image.key.empty()) command.emplace_back("--format=qcow2");
  for (const std::string& argument : image.arguments(kKeyOnInput))
    command.push_back(argument);
  SB_ASSIGN(listening, listen_at(socket));
  const char* const path = getenv("PATH");
  Result<BackgroundProgram> server = BackgroundProgram::start(
      {.command = site_.command_there(std::move(command)),
       .environment = {fmt::format("{}={}", kRunVariable, site_.run_id),
                       fmt::format("PATH={}", path != nullptr ? path : "")},
       .log = site_.socket_path("qemu-nbd.log"),
       .listening_socket = listening,
       .input = image.key});
  close(listening);
  if (!server) return tl::unexpected(server.error());
  const auto give_up = [&](const Error& error) -> tl::unexpected<Error> {
    server->end();
    std::error_code ignored;
    std::filesystem::remove(socket, ignored);
    return tl::unexpected(error);
  };
  const Result<std::string> routed = wire_.route(site_.site, socket.string());
  if (!routed) return give_up(routed.error());
  NbdOptions options;
  options.context.clear();
  options.patience = patience_;
  Result<NbdDisk> disk = NbdDisk::connect(*routed, options);
  if (!disk) {
    wire_.close(*routed);
    return give_up(disk.error());
  }
  return std::make_unique<NbdReplica>(std::move(*server), std::move(*disk), wire_, *routed, socket);
}

}  // namespace switchback::libvirt
