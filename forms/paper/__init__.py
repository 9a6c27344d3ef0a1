"""Paper: where everything stands on a sheet, its corner marks, and what its QR code says. Pure; drawn by server/paper."""
