// SPDX-License-Identifier: Apache-2.0
// SIGINT and SIGTERM: the run ends between two steps, and its reports are still written.
#pragma once

namespace switchback {

/// Takes over both signals for the rest of the process. A second one ends it at once.
void watch_signals();
/// The signal that came, 0 if none did. May be called from any thread.
int signal_received();

}  // namespace switchback
